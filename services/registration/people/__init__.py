"""Who takes part for a unit 参赛人员: lists, import from Excel, erasure."""

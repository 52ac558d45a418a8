"""The registration form on paper: as PDF and as Word, and the code that leads from paper to what is stored."""

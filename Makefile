# 立功竞赛平台：`make` 或 `make help` 列出可用的命令。
.DEFAULT_GOAL := help
SHELL := /bin/sh
.PHONY: help demo up test check generate lock bench clean local dev

# The first of the usual names that is Python 3.11 or later.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
RUN := .venv/bin
GROUPS := registration activity scoring notification feeds gateway assets local

help: ## 列出命令
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

demo: local ## 启动演示：回放 2021 赛季的一年（Ctrl-C 停止，再次运行则继续）
	@exec $(RUN)/ligong demo

up: local ## 正式启动：空的系统，打印创建首个账号的一次性链接
	@exec $(RUN)/ligong up

test: dev ## 运行全部测试（真实的 Kafka 和 PostgreSQL）
	$(RUN)/python -m deploy.local.assets
	$(RUN)/python -m pytest

check: dev ## 检查格式、类型、依赖方向和生成的文档
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/python -m docs.generate --check

generate: dev ## 重新生成文档、模式文件和样本
	$(RUN)/python -m docs.generate

bench: dev ## 运行性能测试，打印表格并写出 JSON
	$(RUN)/python -m bench

lock: dev ## 按 pyproject.toml 重写依赖锁、Kafka 的锁和前端的锁
	@for group in dev $(GROUPS) installer; do \
		constraint=$$(test $$group = dev || echo "--constraint requirements/dev.txt"); \
		test $$group = installer && constraint=; \
		.venv/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header --no-annotate $$constraint \
			--group pyproject.toml:$$group --output-file requirements/$$group.txt || exit 1; \
	done
	$(RUN)/python -m deploy.local.jars
	$(RUN)/python -m deploy.local.assets lock

clean: ## 删除运行环境、演示数据和各种缓存（正式数据 .data/real 保留）
	rm -rf .venv .data/demo .data/cache node_modules services/gateway/static/vendor
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

local dev:
	@test -n "$(PYTHON)" || { echo "没有找到 Python 3.11 或更高版本：请安装后重新运行。" >&2; exit 1; }
	@$(PYTHON) deploy/local/environment.py $@

# SPDX-License-Identifier: MIT
# tools/bench.mk - what things cost: instructions in QEMU
#
# Measured is a release build (level-0 checks only) in a tree of its own.

RELEASE := $(BUILD)/release

.PHONY: bench
bench: ## guest instructions per operation, beside Linux and the goals (OP=GLOB)
	$(if $(V),,@)$(MAKE) --no-print-directory kernel DEBUG=0 BUILD=$(RELEASE)
	@$(PYTHON) tools/bench.py --kernel $(RELEASE)/tangram.elf $(if $(OP),--op '$(OP)')

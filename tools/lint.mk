# SPDX-License-Identifier: MIT
# tools/lint.mk - what reads the sources or the running kernel: lint, debug

.PHONY: lint debug compile_commands.json
lint: ## include layers, format, cppcheck, clang-tidy
	@tools/lint

compile_commands.json: ## for editors and clang tools
	@tools/compile-commands >$@.new && mv $@.new $@

debug: $(BUILD)/tangram.elf $(BUILD)/tangram.iso ## gdb attached, stopped at start_kernel (MEM= ... as run)
	@tools/debug $(VM_FLAGS)

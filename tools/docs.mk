# SPDX-License-Identifier: MIT
# tools/docs.mk - documents: make the output that they show again, check names

.PHONY: docs
docs: $(BUILD)/tangram.elf host ## run again what README.md and docs/ show; check names and links
	@tools/docs-check --update

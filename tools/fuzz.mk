# SPDX-License-Identifier: MIT
# tools/fuzz.mk - libFuzzer targets: tests/host/fuzz/fuzz_*.c, one program each
#
# The host sources once more, by clang, with coverage; warnings are the other
# builds' business. Included at the end of the Makefile, whose lists and
# flags it uses.

FUZZ_SAN    := address,undefined
FUZZ_CFLAGS := $(filter-out -W%,$(HCFLAGS)) \
	-fsanitize=fuzzer-no-link,$(FUZZ_SAN) -fno-sanitize-recover=all
FUZZ_OBJ    := $(HOST_SRC:%.c=$(BUILD)/fuzz/obj/%.o)
FUZZ_BIN    := $(patsubst tests/host/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/host/fuzz/fuzz_*.c))

$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@printf '  %-7s %s\n' FUZZCC '$(@F)')
	$(if $(V),,@)$(FUZZCC) $(FUZZ_CFLAGS) -c $< -o $@

$(FUZZ_BIN): $(BUILD)/fuzz/%: $(BUILD)/fuzz/obj/tests/host/fuzz/%.o $(FUZZ_OBJ)
	$(if $(V),,@)$(FUZZCC) -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $^

SECONDS ?= 60
FUZZ    ?= *
.PHONY: fuzz
fuzz: $(FUZZ_BIN) ## libFuzzer on what reads foreign input (SECONDS=60 in all, FUZZ='fuzz_e820')
	@tools/fuzz --seconds $(SECONDS) '$(FUZZ)'

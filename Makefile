# SPDX-License-Identifier: MIT
# Tangram. `make help` lists the targets.

BUILD  ?= build
DEBUG  ?= 1
PYTHON ?= /usr/bin/python3

# --- compiler: CROSS_COMPILE=, x86_64-elf-gcc, x86_64-linux-gnu-gcc, native ---
ifeq ($(origin CC),default)
  ifneq ($(CROSS_COMPILE),)
    CC := $(CROSS_COMPILE)gcc
  else
    CC := $(firstword $(foreach c,x86_64-elf-gcc x86_64-linux-gnu-gcc,\
            $(if $(shell command -v $(c)),$(c))) gcc)
  endif
endif
HOSTCC    ?= gcc
FUZZCC    ?= clang
BINPREFIX := $(if $(CROSS_COMPILE),$(CROSS_COMPILE),$(if $(filter x86_64-elf-gcc,$(CC)),x86_64-elf-))
NM        := $(BINPREFIX)nm
OBJCOPY   := $(BINPREFIX)objcopy
OBJDUMP   := $(BINPREFIX)objdump
NASM      ?= nasm

WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wno-format-truncation -Werror
COMMON := -std=gnu11 -g -Iinclude -DCONFIG_DEBUG=$(DEBUG) -fno-omit-frame-pointer $(WARN)

KCFLAGS := $(COMMON) -O2 -Iarch/x86_64/include -ffreestanding -fno-pic -fno-pie \
	-m64 -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only \
	-fstack-protector-strong -mstack-protector-guard=global \
	-fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-delete-null-pointer-checks -fno-optimize-sibling-calls -MMD -MP
KLDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none \
	-Wl,-z,max-page-size=0x1000 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments

# --- what is built ---
PORTABLE := $(wildcard kernel/base/*.c mm/*.c kernel/*.c boot/*.c tests/kernel/*.c)
HOST_SKIP := kernel/base/string.c kernel/main.c
HOST_SRC := $(filter-out $(HOST_SKIP),$(PORTABLE)) $(wildcard arch/host/*.c tests/hostonly/*.c)

SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
HCFLAGS := $(COMMON) -O1 -Iarch/host/include -fno-strict-aliasing -D_GNU_SOURCE \
	-fno-builtin-printf -MMD -MP
# EXPECT_EQ(count, 3) compares unsigned with int.
TESTFLAGS := -Wno-sign-compare $(if $(findstring clang,$(CC)),,-fno-toplevel-reorder)
$(BUILD)/host/tests/kernel/%.o $(BUILD)/host/tests/hostonly/%.o: HCFLAGS += -Wno-sign-compare -fno-toplevel-reorder
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/host/%.o)

.PHONY: all host clean
all: host

# --- host ---
$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(HOSTCC) $(HCFLAGS) $(SAN) -c $< -o $@

HOST_TOOLS := $(patsubst tests/host/%.c,%,$(wildcard tests/host/*.c))
HOST_BIN := $(HOST_TOOLS:%=$(BUILD)/host/%)

# Tools other than selftest leave the self-tests' cases linked in, unused.
$(HOST_BIN): $(BUILD)/host/%: $(BUILD)/host/tests/host/%.o $(HOST_OBJ)
	$(HOSTCC) $(SAN) -o $@ $^

host: $(HOST_BIN)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

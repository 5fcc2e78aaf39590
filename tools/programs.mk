# SPDX-License-Identifier: MIT
# tools/programs.mk - static Linux programs and the initramfs that carries them
#
# Each tests/programs/NAME.c becomes build/programs/NAME, by musl-gcc. Those of
# PIE_PROGRAMS are built a second time as NAME-pie, a static PIE: musl-gcc's
# specs know none, so these are linked by hand, beginning with rcrt1.o, which
# relocates the program itself.

MUSL_CC  ?= musl-gcc
MUSL_LIB ?= /usr/lib/x86_64-linux-musl
PROGRAMS := $(BUILD)/programs
INITRAMFS := $(BUILD)/initramfs.cpio

PIE_PROGRAMS := hello args torture

PROGRAM_SRC := $(wildcard tests/programs/*.c)
PROGRAM_LIB := $(patsubst tests/programs/lib/%.c,%,$(wildcard tests/programs/lib/*.c))
PROGRAM_BIN := $(PROGRAM_SRC:tests/programs/%.c=$(PROGRAMS)/%) \
	$(patsubst tests/programs/%.c,$(PROGRAMS)/%-pie,$(wildcard $(PIE_PROGRAMS:%=tests/programs/%.c)))

# Bad pointers and sizes are the purpose of some calls.
PROGRAM_WARN := $(WARN) -Wno-stringop-overread -Wno-stringop-overflow -Wno-array-bounds -Wno-nonnull \
	-Wno-sign-compare
PROGRAM_CFLAGS := -std=gnu11 -O2 $(PROGRAM_WARN) -fno-strict-aliasing -fno-stack-protector \
	-D_GNU_SOURCE -Itests/programs/lib -MMD -MP

.PHONY: programs
programs: $(PROGRAM_BIN) $(INITRAMFS) ## static musl programs of tests/programs, and the initramfs

$(PROGRAMS)/obj/%.o: tests/programs/%.c
	@mkdir -p $(@D)
	$(call show,MUSL)
	$(Q)$(MUSL_CC) $(PROGRAM_CFLAGS) -fno-pie -c $< -o $@

$(PROGRAMS)/pie/%.o: tests/programs/%.c
	@mkdir -p $(@D)
	$(call show,MUSL)
	$(Q)$(MUSL_CC) $(PROGRAM_CFLAGS) -fPIE -c $< -o $@

.SECONDARY:
$(PROGRAMS)/%: $(PROGRAMS)/obj/%.o $(PROGRAM_LIB:%=$(PROGRAMS)/obj/lib/%.o)
	$(call show,LD)
	$(Q)$(MUSL_CC) -static -no-pie -pthread $^ -o $@

$(PROGRAMS)/%-pie: $(PROGRAMS)/pie/%.o $(PROGRAM_LIB:%=$(PROGRAMS)/pie/lib/%.o)
	$(call show,LD)
	$(Q)$(BINPREFIX)ld -static -pie --no-dynamic-linker -z text -z noexecstack --build-id=none \
		$(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o $^ \
		--start-group $(MUSL_LIB)/libc.a $(shell $(MUSL_CC) -print-libgcc-file-name) --end-group \
		$(MUSL_LIB)/crtn.o -o $@

$(INITRAMFS): $(PROGRAM_BIN) tests/programs/list tools/initramfs tools/lib/cpio.py
	$(call show,CPIO)
	$(Q)tools/initramfs $@ $(PROGRAM_BIN) tests/programs/list=/etc/programs

; SPDX-License-Identifier: MIT
;
; arch/x86_64/font.asm - the font for screen.c
;
; boot/early_screen.asm has a copy of its own, which goes with the boot pages.

global font

section .rodata
%include "boot/font.inc"

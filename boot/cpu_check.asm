; SPDX-License-Identifier: MIT
;
; boot/cpu_check.asm - refuse a CPU that Tangram can't run on, readably
;
; 32-bit code. Each feature is a CPUID bit with a name; the first one missing
; is told on the serial port and on the screen, and the run ends with the
; failure verdict. Screen: the framebuffer of the Multiboot2 information if
; there is one (boot/early_screen.asm draws), else VGA text.

global cpu_check
extern early_screen_puts
extern early_screen_init

COM1		equ 0x3f8
EXIT_PORT	equ 0xf4
EXIT_FAILED	equ 0x11
EFLAGS_ID	equ 1 << 21

section .boot.text progbits alloc exec nowrite align=16
bits 32

; cpu_check: edi = magic, esi = boot records; keeps both.
cpu_check:
	pushfd				; CPUID is there if EFLAGS.ID toggles
	pop eax
	push eax
	mov ecx, eax
	xor eax, EFLAGS_ID
	push eax
	popfd
	pushfd
	pop eax
	popfd
	xor eax, ecx
	mov ebx, name_cpuid
	jz refuse

	mov ebp, features
.next:
	cmp dword [ebp], 0
	je .done
	mov eax, [ebp]			; is the leaf there at all?
	and eax, 0x80000000
	cpuid
	cmp eax, [ebp]
	jb .missing
	mov eax, [ebp]
	xor ecx, ecx
	cpuid
	test edx, [ebp + 4]
	jz .missing
	add ebp, 12
	jmp .next
.missing:
	mov ebx, [ebp + 8]
	jmp refuse
.done:
	ret

; refuse: ebx = name of what is missing
refuse:
	push ebx
	call serial_init
	call early_screen_init
	mov ebx, text_refuse
	call puts
	pop ebx
	call puts
	mov ebx, text_end
	call puts
	mov al, EXIT_FAILED
	out EXIT_PORT, al
.halt:
	cli
	hlt
	jmp .halt

serial_init:
	mov ecx, serial_setup
.next:
	movzx edx, word [ecx]
	test edx, edx
	jz .done
	mov al, [ecx + 2]
	out dx, al
	add ecx, 3
	jmp .next
.done:
	ret

; puts: ebx = text, NUL-ended
puts:
	push ebx
.next:
	mov al, [ebx]
	test al, al
	jz .screen
	mov ecx, 100000			; a port that isn't there never gets ready
	mov ah, al
.wait:
	mov dx, COM1 + 5
	in al, dx
	test al, 0x20
	loopz .wait
	mov dx, COM1
	mov al, ah
	out dx, al
	inc ebx
	jmp .next
.screen:
	pop ebx
	jmp early_screen_puts

section .boot.data progbits alloc noexec write align=4
; leaf, bit of edx, name
features:
	dd 1, 1 << 3, name_pse
	dd 1, 1 << 5, name_msr
	dd 1, 1 << 6, name_pae
	dd 1, 1 << 9, name_apic
	dd 1, 1 << 13, name_pge
	dd 1, 1 << 24, name_fxsr
	dd 1, 1 << 26, name_sse2
	dd 0x80000001, 1 << 29, name_lm
	dd 0x80000001, 1 << 20, name_nx
	dd 0

serial_setup:				; 115200 8N1, FIFO on
	dw COM1 + 1
	db 0x00
	dw COM1 + 3
	db 0x80
	dw COM1 + 0
	db 0x01
	dw COM1 + 1
	db 0x00
	dw COM1 + 3
	db 0x03
	dw COM1 + 2
	db 0xc7
	dw COM1 + 4
	db 0x0b
	dw 0

text_refuse:	db 13, 10, "Tangram needs a 64-bit x86 CPU: this one lacks ", 0
text_end:	db ".", 13, 10, 0
name_cpuid:	db "the CPUID instruction", 0
name_pse:	db "4 MiB pages (pse)", 0
name_msr:	db "model-specific registers (msr)", 0
name_pae:	db "physical address extension (pae)", 0
name_apic:	db "a local APIC, or the firmware turned it off (apic)", 0
name_pge:	db "global pages (pge)", 0
name_fxsr:	db "fxsave and fxrstor (fxsr)", 0
name_sse2:	db "SSE2 (sse2)", 0
name_lm:	db "long mode (lm)", 0
name_nx:	db "no-execute pages (nx)", 0

; SPDX-License-Identifier: MIT
;
; boot/early_screen.asm - a few words on the screen before there is a kernel
;
; Only for the message of boot/cpu_check.asm. Finds the framebuffer tag (8) in
; the Multiboot2 information; a direct colour screen below 4 GiB is drawn on
; with a 5x8 font, two pixels a dot. Else the text goes to VGA text memory.

global early_screen_init
global early_screen_puts

MULTIBOOT2_MAGIC equ 0x36d76289
TAG_FRAMEBUFFER	equ 8
FB_RGB		equ 1
VGA_TEXT	equ 0xb8000
VGA_COLUMNS	equ 80
VGA_ATTRIBUTE	equ 0x4f		; white on red
TAGS_MAX	equ 256			; enough tags to look at
CELL_WIDTH	equ 12
CELL_HEIGHT	equ 18
DOT		equ 2			; pixels a dot
MARGIN		equ 24



section .boot.text progbits alloc exec nowrite align=16
bits 32

; early_screen_init: edi = magic, esi = boot information
early_screen_init:
	cmp edi, MULTIBOOT2_MAGIC
	jne .done
	lea eax, [esi + 8]
	mov ecx, TAGS_MAX
.tag:
	mov edx, [eax]			; type (16 bits), flags
	and edx, 0xffff
	jz .done
	cmp edx, TAG_FRAMEBUFFER
	je .found
	mov edx, [eax + 4]		; size, to the next multiple of 8
	cmp edx, 8
	jb .done
	cmp edx, 0x100000
	ja .done
	add edx, 7
	and edx, ~7
	add eax, edx
	loop .tag
.done:
	ret
.found:
	cmp byte [eax + 29], FB_RGB
	jne .done
	cmp dword [eax + 12], 0		; above 4 GiB: out of reach
	jne .done
	movzx ecx, byte [eax + 28]
	shr ecx, 3
	cmp ecx, 3
	jb .done
	mov [fb_pixel], ecx
	mov ecx, [eax + 16]
	mov [fb_pitch], ecx
	mov ecx, [eax + 20]
	mov [fb_width], ecx
	mov ecx, [eax + 8]
	mov [fb_base], ecx
	ret

; early_screen_puts: ebx = text
early_screen_puts:
	mov al, [ebx]
	test al, al
	jz .done
	inc ebx
	cmp al, ' '
	jb early_screen_puts
	cmp dword [fb_base], 0
	je .text
	call draw
	jmp early_screen_puts
.text:
	mov edx, [cursor]
	cmp edx, VGA_COLUMNS * 25
	jae .done
	mov [VGA_TEXT + edx * 2], al
	mov byte [VGA_TEXT + edx * 2 + 1], VGA_ATTRIBUTE
	inc dword [cursor]
	jmp early_screen_puts
.done:
	ret

; draw: al = character; keeps ebx, esi, edi
draw:
	pushad
	cmp al, FONT_FIRST
	jb .advance
	cmp al, FONT_LAST
	ja .advance
	movzx esi, al
	sub esi, FONT_FIRST
	imul esi, FONT_ROWS
	add esi, font

	mov eax, [cursor_y]
	add eax, MARGIN
	imul eax, [fb_pitch]
	mov edi, [cursor]
	add edi, MARGIN
	imul edi, [fb_pixel]
	add edi, eax
	add edi, [fb_base]		; top left pixel of the cell
	mov ebp, FONT_ROWS * DOT
.row:
	mov edx, ebp			; two lines show one row of dots
	dec edx
	shr edx, 1
	neg edx
	add edx, FONT_ROWS - 1
	movzx eax, byte [esi + edx]
	push edi
	mov ecx, 5
.dot:
	bt eax, 4			; leftmost dot first
	jnc .blank
	call pixel
	add edi, [fb_pixel]
	call pixel
	sub edi, [fb_pixel]
.blank:
	add edi, [fb_pixel]
	add edi, [fb_pixel]
	shl eax, 1
	loop .dot
	pop edi
	add edi, [fb_pitch]
	dec ebp
	jnz .row
.advance:
	mov eax, [cursor]
	add eax, CELL_WIDTH
	mov ecx, eax
	add ecx, MARGIN * 2 + CELL_WIDTH
	cmp ecx, [fb_width]
	jb .same_line
	xor eax, eax
	add dword [cursor_y], CELL_HEIGHT
.same_line:
	mov [cursor], eax
	popad
	ret

; pixel: edi = where; white
pixel:
	mov word [edi], 0xffff
	mov byte [edi + 2], 0xff
	ret

section .boot.data progbits alloc noexec write align=4
cursor:		dd 0			; VGA: character; framebuffer: pixel
cursor_y:	dd 0
fb_base:	dd 0			; 0: VGA text
fb_pitch:	dd 0
fb_width:	dd 0
fb_pixel:	dd 0			; bytes a pixel

%include "boot/font.inc"

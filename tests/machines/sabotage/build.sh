#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/machines/sabotage/build.sh OUTDIR - one ELF from each .asm beside this
set -e
here=$(dirname "$0")
out=$1
mkdir -p "$out"
for source in "$here"/*.asm; do
	name=$(basename "$source" .asm)
	elf=$out/$name.elf
	[ "$elf" -nt "$source" ] && [ "$elf" -nt "$here/base.inc" ] && continue
	nasm -f elf32 -I "$here/" -o "$out/$name.o" "$source"
	"${LD:-ld}" -m elf_i386 -N --no-warn-rwx-segments -Ttext-segment 0x100000 -e entry \
		-o "$elf" "$out/$name.o"
done

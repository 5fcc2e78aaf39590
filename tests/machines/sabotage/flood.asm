; SPDX-License-Identifier: MIT
; Never stops talking.
%include "base.inc"
	print	"KTAP version 1"
	print	"1..1"
.again:
	print	"# and so on and so on and so on and so on and so on and so on"
	jmp	.again

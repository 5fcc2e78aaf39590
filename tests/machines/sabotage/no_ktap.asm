; SPDX-License-Identifier: MIT
; Says passed without having run a test.
%include "base.inc"
	print	"[    0.000000] booting"
	exit	PASSED

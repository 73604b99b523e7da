/* SPDX-License-Identifier: MIT */
/* The vDSO as the core has it: bytes to be mapped into programs. */
	.section .rodata, "a"
	.globl vdso_image, vdso_image_end
vdso_image:
	.incbin "vdso.so"
vdso_image_end:

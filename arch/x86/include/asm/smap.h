/* SPDX-License-Identifier: MIT */
/*
 * Access to user pages under SMAP. The instructions do not exist on older CPUs:
 * each place holds a three-byte no-op, its address is listed in section
 * smap_sites, and cpu_init() writes the real instruction when CPUID has SMAP.
 */
#ifndef ASM_SMAP_H
#define ASM_SMAP_H

#define SMAP_SITE_STAC 1
#define SMAP_SITE_CLAC 0

#ifdef __ASSEMBLER__
.macro SMAP_SITE which
771:	.byte 0x0f, 0x1f, 0x00
	.pushsection smap_sites, "a"
	.quad 771b
	.quad \which
	.popsection
.endm
#define STAC SMAP_SITE SMAP_SITE_STAC
#define CLAC SMAP_SITE SMAP_SITE_CLAC
#else
#define SMAP_SITE(which) \
	__asm__ volatile("771: .byte 0x0f, 0x1f, 0x00\n" \
			 ".pushsection smap_sites, \"a\"\n" \
			 ".quad 771b\n.quad %c0\n" \
			 ".popsection" : : "i"(which) : "memory", "cc")

/* Ring 0 may touch user pages (of the view that is loaded) until clac(). */
static inline void stac(void)
{
	SMAP_SITE(SMAP_SITE_STAC);
}

static inline void clac(void)
{
	SMAP_SITE(SMAP_SITE_CLAC);
}
#endif

#endif

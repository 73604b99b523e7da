/* SPDX-License-Identifier: MIT */
/*
 * The kernel's first instructions. Two ways in, both in 32-bit protected mode
 * with flat segments and paging off:
 *
 *   multiboot_entry   Multiboot2 (GRUB, BIOS and EFI): eax magic, ebx info
 *   pvh_entry         PVH (qemu -kernel): ebx start_info
 *
 * Both store the TSC, make the early page tables and go to arch_start() in
 * long mode. The early tables map the first 4 GiB at 0 and at DIRECT_MAP_BASE
 * and the first 1 GiB at CORE_BASE, all writable and executable, until
 * view_init() makes the real ones.
 *
 * Multiboot2 Specification 2.0, 3.1; Xen docs/misc/pvh.pandoc; Intel SDM
 * vol. 3, 10.8.5 (going to IA-32e mode).
 */
#include <asm/memmap.h>

#define MULTIBOOT_MAGIC 0xe85250d6
#define MULTIBOOT_TAG_REQUEST 1
#define MULTIBOOT_TAG_ENTRY 3
#define MULTIBOOT_TAG_FRAMEBUFFER 5
#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define BOOT_MAGIC_PVH 0x336ec578

#define PHYS(sym) ((sym) - CORE_BASE)

#define PTE_TABLE 0x3		/* present, writable */
#define PTE_BIG 0x83		/* the same, 2 MiB page */
#define EARLY_DIRECTORIES 4	/* GiB mapped */
#define PML4_SLOT(addr) (((addr) >> 39) & 511)
#define PDPT_SLOT(addr) (((addr) >> 30) & 511)

#define CR0_PG 0x80000000
#define CR0_PE 0x1
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define CPUID_LONG_MODE (1 << 29)	/* leaf 0x80000001, edx */

#define BOOT_STACK_SIZE 16384

	.section .multiboot, "a"
	.balign 8
header:
	.long MULTIBOOT_MAGIC, 0, header_end - header
	.long -(MULTIBOOT_MAGIC + (header_end - header))
	/* Wanted: command line, modules, memory map; if there: RSDP, either. */
	.balign 8
	.short MULTIBOOT_TAG_REQUEST, 0
	.long 8 + 4 * 3, 1, 3, 6
	.balign 8
	.short MULTIBOOT_TAG_REQUEST, 1
	.long 8 + 4 * 2, 14, 15
	.balign 8
	.short MULTIBOOT_TAG_FRAMEBUFFER, 1	/* if it can: columns, lines, depth */
	.long 20, 1024, 768, 32
	.balign 8
	.short MULTIBOOT_TAG_ENTRY, 0
	.long 12, multiboot_entry
	.balign 8
	.short 0, 0
	.long 8
header_end:

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long pvh_entry

	.section .boot.text, "ax"
	.code32
	.global pvh_entry
pvh_entry:
	rdtsc
	mov $BOOT_MAGIC_PVH, %esi
	jmp early

	.global multiboot_entry
multiboot_entry:
	mov %eax, %esi
	rdtsc

	/* esi: magic, ebx: information, edx:eax: TSC */
early:
	cli
	cld
	mov $PHYS(boot_stack_top), %esp
	mov %eax, PHYS(boot_tsc)
	mov %edx, PHYS(boot_tsc) + 4
	mov %esi, %ebp
	mov %ebx, %edi

	mov $0x80000001, %eax
	cpuid
	test $CPUID_LONG_MODE, %edx
	jz no_long_mode

	/* Directories: 2 MiB pages from 0 on. */
	mov $PHYS(early_pd), %ecx
	mov $PTE_BIG, %eax
1:	mov %eax, (%ecx)
	add $8, %ecx
	add $0x200000, %eax
	jnc 1b

	mov $PHYS(early_pd) + PTE_TABLE, %eax
	mov %eax, PHYS(early_pdpt_high) + 8 * PDPT_SLOT(CORE_BASE)
	mov $PHYS(early_pdpt_low), %ecx
	mov $EARLY_DIRECTORIES, %edx
2:	mov %eax, (%ecx)
	add $4096, %eax
	add $8, %ecx
	dec %edx
	jnz 2b

	mov $PHYS(early_pdpt_low) + PTE_TABLE, %eax
	mov %eax, PHYS(early_pml4)
	mov %eax, PHYS(early_pml4) + 8 * PML4_SLOT(DIRECT_MAP_BASE)
	mov $PHYS(early_pdpt_high) + PTE_TABLE, %eax
	mov %eax, PHYS(early_pml4) + 8 * PML4_SLOT(CORE_BASE)

	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov $PHYS(early_pml4), %eax
	mov %eax, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME, %eax
	wrmsr
	mov $(CR0_PG | CR0_PE), %eax
	mov %eax, %cr0
	lgdt boot_gdt_pointer
	ljmp $8, $long_mode

no_long_mode:
	hlt
	jmp no_long_mode

	.code64
long_mode:
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov %eax, %fs
	mov %eax, %gs
	mov $boot_stack_top, %rsp
	mov %edi, %esi		/* information */
	mov %ebp, %edi		/* magic */
	xor %ebp, %ebp		/* backtraces end here */
	push %rbp
	mov $arch_start, %rax
	jmp *%rax

	.section .boot.data, "aw"
	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* 64-bit code, ring 0 */
boot_gdt_pointer:
	.short boot_gdt_pointer - boot_gdt - 1
	.long boot_gdt

	.data
	.balign 8
	.global boot_tsc
boot_tsc:
	.quad 0

	.bss
	.balign 4096
early_pml4:
	.skip 4096
early_pdpt_low:
	.skip 4096
early_pdpt_high:
	.skip 4096
early_pd:
	.skip 4096 * EARLY_DIRECTORIES
	.global boot_stack, boot_stack_top
boot_stack:
	.skip BOOT_STACK_SIZE
boot_stack_top:

	.section .note.GNU-stack, "", @progbits

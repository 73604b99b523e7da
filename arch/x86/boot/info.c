/* SPDX-License-Identifier: MIT */
/*
 * boot_info from Multiboot2 tags (Multiboot2 Specification 2.0, 3.6) or a PVH
 * start_info (Xen public/arch-x86/hvm/start_info.h). Sizes, counts and addresses
 * are checked; what is wrong is left out. Everything but the archives is
 * copied, since the loader's memory is given to the frame allocator.
 */
#include <asm/machine.h>
#include <boot.h>
#include <frame.h>
#include <string.h>

#include "boot.h"
#include "loader.h"

#define MAX_ENTRIES 1024	/* of the loader's memory map */

struct boot_info boot_info;

/* Room for the larger RSDP (ACPI 2.0 and later). */
static u8 rsdp_copy[36] __aligned(16);

/* `len` bytes at physical `addr` if the early page tables reach them. */
static const void *loader_data(u64 addr, u64 len)
{
	if (!addr || addr >= EARLY_LIMIT || len > EARLY_LIMIT - addr)
		return NULL;
	return phys_to_virt(addr);
}

/*
 * Adds a region, joined to the one before when it goes on there. When the
 * table is full, memory is lost: usable regions are forgotten first.
 */
static void add_region(u64 start, u64 len, bool usable)
{
	struct boot_region *last = &boot_info.region[boot_info.nregions];

	if (!len || len > ~0ull - start)
		return;
	if (boot_info.nregions && last[-1].end == start && last[-1].usable == usable) {
		last[-1].end = start + len;
		return;
	}
	if (boot_info.nregions == BOOT_MAX_REGIONS) {
		if (usable)
			return;
		while (last > boot_info.region && !(--last)->usable)
			;
		*last = (struct boot_region){ start, start + len, false };
		return;
	}
	*last = (struct boot_region){ start, start + len, usable };
	boot_info.nregions++;
}

static void add_archive(u64 start, u64 size)
{
	u64 image_end = core_phys(core_image_end);

	if (boot_info.narchives == BOOT_MAX_ARCHIVES || !size ||
	    !loader_data(start, size))
		return;
	if (start < image_end && start + size > CORE_LOAD_PHYS)
		return;
	boot_info.archive[boot_info.narchives++] = (struct boot_archive){ start, size };
}

static void set_cmdline(const char *s, size_t max)
{
	size_t len = strnlen(s, MIN(max, (size_t)BOOT_CMDLINE_MAX - 1));

	memcpy(boot_info.cmdline, s, len);
	boot_info.cmdline[len] = 0;
}

static void multiboot_memory(const struct multiboot_map *map)
{
	const char *p = (const char *)(map + 1);
	const char *end = (const char *)map + map->tag.size;

	if (map->tag.size < sizeof(*map) ||
	    map->entry_size < sizeof(struct multiboot_entry))
		return;
	for (; (size_t)(end - p) >= map->entry_size; p += map->entry_size) {
		const struct multiboot_entry *e = (const void *)p;

		add_region(e->start, e->len, e->type == E820_USABLE);
	}
}

static void multiboot_framebuffer(const struct multiboot_framebuffer *f)
{
	if (f->tag.size < sizeof(*f) || f->type != FRAMEBUFFER_DIRECT)
		return;
	boot_info.framebuffer = (struct framebuffer_info){
		f->addr, f->pitch, f->width, f->height, f->bpp, f->red_shift, f->red_bits,
		f->green_shift, f->green_bits, f->blue_shift, f->blue_bits,
	};
}

static void multiboot_tag(const struct multiboot_tag *tag)
{
	const struct multiboot_module *module = (const void *)tag;
	size_t body = tag->size - sizeof(*tag);

	switch (tag->type) {
	case TAG_CMDLINE:
		set_cmdline((const char *)(tag + 1), body);
		break;
	case TAG_MODULE:
		if (tag->size >= sizeof(*module) && module->end > module->start)
			add_archive(module->start, module->end - module->start);
		break;
	case TAG_MEMORY_MAP:
		multiboot_memory((const void *)tag);
		break;
	case TAG_FRAMEBUFFER:
		multiboot_framebuffer((const void *)tag);
		break;
	case TAG_RSDP_OLD:
	case TAG_RSDP_NEW:
		if (boot_info.rsdp && tag->type == TAG_RSDP_OLD)
			break;
		memset(rsdp_copy, 0, sizeof(rsdp_copy));
		memcpy(rsdp_copy, tag + 1, MIN(body, sizeof(rsdp_copy)));
		boot_info.rsdp = core_phys(rsdp_copy);
		break;
	}
}

bool boot_info_multiboot2(u64 info)
{
	const u32 *total = loader_data(info, 8);
	const char *p, *end;

	if (!total || *total < 16 || *total > MULTIBOOT_MAX_INFO ||
	    !loader_data(info, *total))
		return false;
	boot_info.loader = "multiboot2";
	p = (const char *)total + 8;
	end = (const char *)total + *total;
	while ((size_t)(end - p) >= sizeof(struct multiboot_tag)) {
		const struct multiboot_tag *tag = (const void *)p;

		if (tag->type == TAG_END)
			break;
		if (tag->size < sizeof(*tag) || tag->size > (size_t)(end - p))
			return false;
		multiboot_tag(tag);
		if (ALIGN_UP((size_t)tag->size, 8) > (size_t)(end - p))
			break;
		p += ALIGN_UP((size_t)tag->size, 8);
	}
	return boot_info.nregions > 0;
}

bool boot_info_pvh(u64 info)
{
	const struct pvh_info *pvh = loader_data(info, sizeof(*pvh));
	const struct pvh_module *module;
	const struct pvh_memory *memory;
	const char *cmdline;
	u32 i;

	if (!pvh || pvh->magic != BOOT_MAGIC_PVH || pvh->version < 1 ||
	    pvh->nmemmap > MAX_ENTRIES)
		return false;
	boot_info.loader = "pvh";
	boot_info.rsdp = pvh->rsdp;
	cmdline = loader_data(pvh->cmdline, BOOT_CMDLINE_MAX);
	if (cmdline)
		set_cmdline(cmdline, BOOT_CMDLINE_MAX);
	module = loader_data(pvh->modules, BOOT_MAX_ARCHIVES * sizeof(*module));
	for (i = 0; module && i < MIN(pvh->nmodules, BOOT_MAX_ARCHIVES); i++)
		add_archive(module[i].start, module[i].size);
	memory = loader_data(pvh->memmap, pvh->nmemmap * sizeof(*memory));
	for (i = 0; memory && i < pvh->nmemmap; i++)
		add_region(memory[i].start, memory[i].len,
			   memory[i].type == E820_USABLE);
	return boot_info.nregions > 0;
}

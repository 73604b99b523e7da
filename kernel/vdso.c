/* SPDX-License-Identifier: MIT */
/*
 * The vDSO in the core: one page object, whose first page is struct vdso_data
 * and whose others are the shared object of arch/x86/vdso/. Each program maps
 * it privately: what it does to it is its own affair.
 */
#include <boot.h>
#include <errno.h>
#include <frame.h>
#include <log.h>
#include <mm.h>
#include <pageobj.h>
#include <string.h>
#include <timer.h>
#include <vdso.h>
#include <whitix/mman.h>
#include <whitix/vdso.h>

extern const u8 vdso_image[], vdso_image_end[];

static struct pageobj *object;
static struct vdso_data *data;

/* See include/core/vdso.h. */
void vdso_init(const struct vdso_data *first)
{
	u64 size = (u64)(vdso_image_end - vdso_image), page;
	long error;

	object = pageobj_new();
	if (!object || pageobj_write_core(object, PAGE_SIZE, vdso_image, size) != (long)size ||
	    pageobj_set_size(object, ALIGN_UP(PAGE_SIZE + size, PAGE_SIZE)) != 0)
		panic("no memory for the vDSO");
	page = pageobj_page(object, 0, true, &error);
	if (!page)
		panic("no memory for the vDSO's data");
	data = phys_to_virt(page);
	*data = *first;
	object->read_only = true;
}

/* See include/core/vdso.h. */
void vdso_set_realtime(u64 base_ns)
{
	if (data)
		WRITE_ONCE(data->realtime_base_ns, base_ns);
}

/* See include/core/vdso.h. */
long vdso_map(struct mm *mm)
{
	long at = mm_map(mm, 0, object->size, PROT_READ | PROT_EXEC, 0, 0, object, 0);

	if (at < 0)
		return at;
	at = mm_map(mm, at, PAGE_SIZE, PROT_READ, MAP_FIXED, 0, object, 0);
	return at < 0 ? at : at + (long)PAGE_SIZE;
}

/* See include/core/vdso.h. */
bool vdso_is(const struct pageobj *obj)
{
	return obj == object;
}

/* SPDX-License-Identifier: MIT */
/*
 * cpio newc reader (cpio.h). Format: an entry is a header of six magic
 * characters and thirteen fields of eight hexadecimal digits, the name with its
 * NUL, zeroes up to a multiple of four, the data, zeroes up to a multiple of
 * four. The name "TRAILER!!!" ends an archive.
 */
#include <cpio.h>
#include <errno.h>
#include <string.h>

#define MAGIC_SIZE 6
#define FIELD_DIGITS 8
#define FIELDS 13
#define FOUR_ZEROES 0x30303030u	/* "0000" */
#define ALIGNMENT 4
#define FILL_CHUNK 2048		/* bytes read at once when an entry is small */
#define NAME_USUAL 256		/* looked at first: names may be padded with NULs */
#define TARGET_MAX 4095
#define TYPE_MASK 0170000
#define TYPE_LINK 0120000

enum field {
	FIELD_INO, FIELD_MODE, FIELD_UID, FIELD_GID, FIELD_NLINK, FIELD_MTIME,
	FIELD_SIZE, FIELD_DEV_MAJOR, FIELD_DEV_MINOR, FIELD_RDEV_MAJOR,
	FIELD_RDEV_MINOR, FIELD_NAME_SIZE, FIELD_CHECK,
};

static const char trailer[] = "TRAILER!!!";

/* First bytes of what is not cpio, but a compressed archive. */
static const struct {
	u8 bytes[4];
	u8 len;
} compressed[] = {
	{ { 0x1f, 0x8b }, 2 },			/* gzip */
	{ { 0xfd, '7', 'z', 'X' }, 4 },		/* xz */
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4 },	/* zstd */
	{ { 0x02, 0x21, 0x4c, 0x18 }, 4 },	/* lz4 */
	{ { 'B', 'Z', 'h' }, 3 },		/* bzip2 */
	{ { 0x89, 'L', 'Z', 'O' }, 4 },		/* lzop */
	{ { 0x5d, 0x00, 0x00 }, 3 },		/* lzma */
};

/* Reads the archives in `size` bytes of memory at `data`. */
void cpio_open_memory(struct cpio_reader *r, const void *data, u64 size)
{
	memset(r, 0, sizeof(*r));
	r->size = size;
	r->data = data;
	r->data_len = size;
}

/* Reads the archives in an input of `size` bytes through `read`. */
void cpio_open(struct cpio_reader *r, u64 size, cpio_read_fn *read,
	       void *context, u8 *buf, size_t buf_size)
{
	memset(r, 0, sizeof(*r));
	r->size = size;
	r->read = read;
	r->context = context;
	r->buf = buf;
	r->buf_size = buf_size;
}

/* Makes `len` bytes at `pos` be at hand: 0, -EINVAL (past the end), errors. */
static int fill(struct cpio_reader *r, u64 pos, u64 len, const u8 **out)
{
	u64 want;
	long got;

	if (pos > r->size || len > r->size - pos)
		return -EINVAL;
	if (pos >= r->data_pos && pos - r->data_pos <= r->data_len &&
	    len <= r->data_len - (pos - r->data_pos)) {
		*out = r->data + (pos - r->data_pos);
		return 0;
	}
	if (!r->read || len > r->buf_size)
		return -EINVAL;
	want = MIN(r->size - pos, MIN(MAX(len, (u64)FILL_CHUNK), r->buf_size));
	r->data_len = 0;
	got = r->read(r->context, pos, r->buf, want);
	if (got < 0)
		return (int)got;
	if ((u64)got < len || (u64)got > want)
		return -EIO;
	r->data = r->buf;
	r->data_pos = pos;
	r->data_len = (u64)got;
	*out = r->buf;
	return 0;
}

/* Most fields are all or half zeroes: those digits are passed four at a time. */
static int parse_hex(const u8 *digits, u32 *value)
{
	u32 v = 0, four;
	int i = 0;

	for (; i < FIELD_DIGITS; i += 4) {
		__builtin_memcpy(&four, digits + i, sizeof(four));
		if (four != FOUR_ZEROES)
			break;
	}
	for (; i < FIELD_DIGITS; i++) {
		u32 c = digits[i];

		if (c - '0' <= 9)
			c -= '0';
		else if ((c | 0x20) - 'a' <= 5)
			c = (c | 0x20) - 'a' + 10;
		else
			return -EINVAL;
		v = v << 4 | c;
	}
	*value = v;
	return 0;
}

/* Passes zero bytes between archives. 1: a header may follow, 0: the end. */
static int skip_zeroes(struct cpio_reader *r)
{
	const u8 *p;
	int ret;

	r->pos = ALIGN_UP(r->pos, (u64)ALIGNMENT);
	while (r->pos < r->size) {
		u64 len = MIN(r->size - r->pos, (u64)ALIGNMENT);

		ret = fill(r, r->pos, len, &p);
		if (ret)
			return ret;
		for (u64 i = 0; i < len; i++)
			if (p[i])
				return 1;
		r->pos += len;
	}
	return 0;
}

static int what_else(const u8 *p, u64 len)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressed); i++)
		if (len >= compressed[i].len &&
		    !memcmp(p, compressed[i].bytes, compressed[i].len))
			return -EOPNOTSUPP;
	return -EINVAL;
}

/* Reads and checks the thirteen numbers of the header at r->pos. */
static int read_header(struct cpio_reader *r, u32 *field)
{
	u64 left = MIN(r->size - r->pos, (u64)CPIO_HEADER_SIZE);
	const u8 *p;
	int ret = fill(r, r->pos, left, &p);

	if (ret)
		return ret;
	if (left < MAGIC_SIZE ||
	    (memcmp(p, "070701", MAGIC_SIZE) && memcmp(p, "070702", MAGIC_SIZE)))
		return what_else(p, left);
	if (left < CPIO_HEADER_SIZE)
		return -EINVAL;
	for (int i = 0; i < FIELDS; i++) {
		ret = parse_hex(p + MAGIC_SIZE + i * FIELD_DIGITS, &field[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/* The name at `pos`, of a field of `size` bytes, must end in it. */
static int read_name(struct cpio_reader *r, u64 pos, u32 size, const u8 **name)
{
	u32 len = MIN(size, (u32)NAME_USUAL);
	int ret = fill(r, pos, len, name);

	if (ret || memchr(*name, 0, len))
		return ret;
	len = MIN(size, (u32)CPIO_NAME_MAX);
	ret = fill(r, pos, len, name);
	if (ret || memchr(*name, 0, len))
		return ret;
	return -EINVAL;
}

/* Gets a link's target; the name must stay at hand, so both are read at once. */
static int read_target(struct cpio_reader *r, u64 name_pos, struct cpio_entry *e)
{
	u64 before = e->data_pos - name_pos;
	const u8 *p;
	int ret;

	if (e->size > TARGET_MAX || !e->size)
		return -EINVAL;
	ret = fill(r, name_pos, before + e->size, &p);
	if (ret)
		return ret;
	e->name = (const char *)p;
	e->target = (const char *)p + before;
	return 0;
}

static int read_entry(struct cpio_reader *r, struct cpio_entry *entry)
{
	u64 name_pos = r->pos + CPIO_HEADER_SIZE;
	u32 field[FIELDS];
	const u8 *name;
	int ret = read_header(r, field);

	if (ret)
		return ret;
	if (!field[FIELD_NAME_SIZE])
		return -EINVAL;
	ret = read_name(r, name_pos, field[FIELD_NAME_SIZE], &name);
	if (ret)
		return ret;
	*entry = (struct cpio_entry){
		.name = (const char *)name, .archive = r->archive,
		.ino = field[FIELD_INO], .mode = field[FIELD_MODE],
		.uid = field[FIELD_UID], .gid = field[FIELD_GID],
		.nlink = field[FIELD_NLINK], .mtime = field[FIELD_MTIME],
		.dev_major = field[FIELD_DEV_MAJOR],
		.dev_minor = field[FIELD_DEV_MINOR],
		.rdev_major = field[FIELD_RDEV_MAJOR],
		.rdev_minor = field[FIELD_RDEV_MINOR],
		.size = field[FIELD_SIZE],
		.data_pos = ALIGN_UP(name_pos + field[FIELD_NAME_SIZE],
				     (u64)ALIGNMENT),
	};
	if (name_pos + field[FIELD_NAME_SIZE] > r->size ||
	    (entry->size && (entry->data_pos > r->size ||
			     entry->size > r->size - entry->data_pos)))
		return -EINVAL;
	r->pos = entry->data_pos + entry->size;
	if ((entry->mode & TYPE_MASK) == TYPE_LINK)
		return read_target(r, name_pos, entry);
	return 0;
}

/*
 * Fills `entry` with the next entry, passing trailers: 1, 0 at the end of the
 * input, or an error (cpio.h).
 */
int cpio_next(struct cpio_reader *r, struct cpio_entry *entry)
{
	int ret;

	for (;;) {
		ret = skip_zeroes(r);
		if (ret <= 0)
			return ret;
		ret = read_entry(r, entry);
		if (ret) {
			r->pos = r->size;
			return ret;
		}
		if (strcmp(entry->name, trailer))
			return 1;
		r->archive++;
	}
}

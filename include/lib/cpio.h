/* SPDX-License-Identifier: MIT */
/*
 * Reader of cpio archives in the format newc ("070701", "070702"), one or
 * several one after the other, with zero bytes between them, as boot archives
 * are. Every field is checked; nothing is read past the end.
 */
#ifndef LIB_CPIO_H
#define LIB_CPIO_H

#include <types.h>

#define CPIO_HEADER_SIZE 110
#define CPIO_NAME_MAX 4096	/* with the NUL; more NULs may follow */
/* Least size of the buffer of a reader that reads through a callback. */
#define CPIO_BUFFER_MIN 8192

/* Reads `len` bytes at `pos` of the input: bytes read, or an error. */
typedef long cpio_read_fn(void *context, u64 pos, void *buf, size_t len);

struct cpio_reader {
	u64 size;		/* of the input */
	u64 pos;		/* where the next header is looked for */
	u32 archive;		/* trailers passed so far */
	const u8 *data;		/* bytes at hand: [data_pos, data_pos + data_len) */
	u64 data_pos;
	u64 data_len;
	cpio_read_fn *read;	/* NULL: all is at hand */
	void *context;
	u8 *buf;
	size_t buf_size;
};

/* Name and target are good until the next call. */
struct cpio_entry {
	const char *name;
	u32 archive;		/* hard links: inode numbers are an archive's own */
	u32 ino, mode, uid, gid, nlink, mtime;
	u32 dev_major, dev_minor;
	u32 rdev_major, rdev_minor;
	u64 size;		/* bytes of data */
	u64 data_pos;		/* where they are in the input */
	const char *target;	/* of a symbolic link: `size` bytes, no NUL */
};

/* Reads from memory. */
void cpio_open_memory(struct cpio_reader *r, const void *data, u64 size);
/* Reads through `read`; `buf` has buf_size >= CPIO_BUFFER_MIN bytes. */
void cpio_open(struct cpio_reader *r, u64 size, cpio_read_fn *read,
	       void *context, u8 *buf, size_t buf_size);
/*
 * The next entry: 1; 0 at the end; -EINVAL: broken; -EOPNOTSUPP: a compressed
 * archive; or what the callback returned. After an error there is no next.
 */
int cpio_next(struct cpio_reader *r, struct cpio_entry *entry) __must_check;

#endif

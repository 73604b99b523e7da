/* SPDX-License-Identifier: MIT */
/*
 * The core's part of system calls that modules provide, as far as tests need it:
 * there is no program. Tests call what the handlers are made of.
 */
#include <errno.h>

#include <program.h>

#define ABSENT(name, ...) \
	long name(__VA_ARGS__) \
	{ \
		return -ENOSYS; \
	}

long syscalls_provide(u32 self, const u32 *numbers, size_t len, syscall_handler *fn)
{
	return 0;
}

ABSENT(user_read, u64 addr, void *buf, size_t len)
ABSENT(user_write, u64 addr, const void *buf, size_t len)
ABSENT(path_read, u32 self, struct path_arg *arg, char *buf, size_t len)
ABSENT(file_install, u32 self, const struct file_install *files, size_t len, u64 user)
ABSENT(descriptor_get, u32 self, u32 fd, struct descriptor *d)
ABSENT(descriptor_read, u32 self, u32 fd, u64 pos, void *buf, size_t len)
ABSENT(descriptor_write, u32 self, u32 fd, u64 pos, const void *buf, size_t len)
ABSENT(descriptor_move, u32 self, u32 fd, u64 pos)
ABSENT(file_own_number, u32 self, u32 fd)
ABSENT(process_signal_take, u32 self, u64 set, bool take, struct linux_siginfo *info)
ABSENT(process_signal, u32 self, u32 pid, u32 tid, bool send, const struct linux_siginfo *info)
ABSENT(process_directory_set, u32 self, u64 node, bool root)
ABSENT(process_directories_move, u64 from, u64 to)
ABSENT(process_umask_set, u32 mask)
ABSENT(ubuf_offer, u32 index, u64 addr, size_t len, u32 access)
ABSENT(file_size_check, u64 size)

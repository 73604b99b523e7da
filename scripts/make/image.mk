# SPDX-License-Identifier: MIT
#
# boot.cpio (modules and first programs), whitix.iso (GRUB for BIOS and UEFI),
# our own programs, and QEMU.

USERLAND ?=
CMDLINE ?=

# ---- boot.cpio --------------------------------------------------------------

# Modules first: the loader looks for them. Then the default userland, and the
# folders and Debian packages of USERLAND=, as scripts/userland.py puts them together.
# Modules for programs to load are where modprobe looks for them, and last: with
# packages lib is a link, which must be there before it is gone through.
release := $(shell sed -n 's/^\#define UTS_RELEASE "\(.*\)"$$/\1/p' include/core/syscall.h)
late := lib/modules/$(release)

userland-files := $(sort $(shell find user/default -type f))

$(gen)/boot.list: $(gen)/boot.stamp ;
$(gen)/boot.stamp: $(userland-files) user/applets $(link)/plan $(gen)/config.mk \
		Makefile scripts/make/image.mk scripts/userland.py \
		scripts/whitixlib/debian.py $(out)/flags/userland $(if $(USERLAND),FORCE)
	$(call say,USERLAND,$(or $(USERLAND),busybox-static))
	$(Q){ echo 'dir modules 755'; \
	  $(foreach m,$(modules),echo 'file modules/$(m).ko 644 $(out)/modules/$(m).ko';) \
	  $(PYTHON) scripts/userland.py --cache '$(CACHE)' $(USERLAND) || echo failed; \
	  echo 'dir $(late) 755'; \
	  $(foreach f,$(depmod-files),echo 'file $(late)/$(notdir $(f)) 644 $(f)';) \
	  for d in kernel $(sort $(foreach m,$(modules-late),kernel/$(firstword $(subst /, ,$(room-of-$(m)))) kernel/$(room-of-$(m)))); \
	  do echo "dir $(late)/$$d 755"; done; \
	  $(foreach m,$(modules-late),echo 'file $(late)/kernel/$(room-of-$(m))/$(m).ko 644 $(out)/modules/$(m).ko';) \
	} > $(gen)/boot.tmp
	$(Q)! grep -qx failed $(gen)/boot.tmp
	$(Q)$(call move-if-new,$(gen)/boot.tmp,$(gen)/boot.list)
	$(Q)touch $@

$(call keep-flags,userland,userland: $(USERLAND))

.PHONY: FORCE
FORCE:

$(out)/boot.cpio: $(gen)/boot.list $(modules-built) $(depmod-files) scripts/mkcpio.py
	$(call say,CPIO,$@)
	$(Q)$(PYTHON) scripts/mkcpio.py $< $@

# ---- whitix.iso -------------------------------------------------------------

$(out)/whitix.iso: $(out)/whitix.elf $(out)/boot.cpio scripts/mkiso $(out)/flags/iso
	$(call say,ISO,$@)
	$(Q)scripts/mkiso $(out) '$(CMDLINE)' $(if $(USERLAND),any)

$(call keep-flags,iso,command line: $(CMDLINE))

.PHONY: iso
iso: $(out)/whitix.iso

# ---- our own programs -------------------------------------------------------

programs := $(patsubst user/%.c,$(out)/user/%,$(sort $(wildcard user/*.c)))
musl-flags := -std=gnu11 -O2 -Wall -Wextra -Werror -static -Iinclude/uapi -MMD -MP

$(out)/user/%: user/%.c
	$(call say,MUSL,$<)
	$(Q)mkdir -p $(@D)
	$(Q)musl-gcc $(musl-flags) -MF $@.d -o $@ $<

# The same threads by another C library, as Debian's programs have it.
programs += $(out)/user/threads_glibc
$(out)/user/threads_glibc: user/test_threads.c user/ktap.h
	$(call say,GLIBC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(musl-flags)) -pthread -o $@ $<

-include $(wildcard $(out)/user/*.d)

.PHONY: programs
programs: $(programs)

# ---- all --------------------------------------------------------------------

.PHONY: binaries
binaries: $(out)/whitix.elf $(modules-built) $(gen)/sizes.json
all: binaries $(out)/boot.cpio

# ---- running it -------------------------------------------------------------

QEMU ?= qemu-system-x86_64
MEMORY ?= 128
QEMU_FLAGS ?=
qemu := $(QEMU) -cpu max -m $(MEMORY) -no-reboot -kernel $(out)/whitix.elf \
	-initrd $(out)/boot.cpio -append '$(CMDLINE)' $(QEMU_FLAGS)

.PHONY: run debug layout
run: all
	$(qemu) -nographic

# QEMU waits for GDB, which learns of modules as they are linked.
debug: all
	$(Q)rm -f $(out)/debug.pid
	$(qemu) -display none -serial file:$(out)/debug.log -daemonize \
		-pidfile $(out)/debug.pid -s -S
	@echo "the serial line goes to $(out)/debug.log"
	-$(Q)gdb -q -x scripts/gdb/whitix.py -ex 'whitix $(out)'
	-$(Q)test ! -f $(out)/debug.pid || kill $$(cat $(out)/debug.pid)

layout: $(gen)/config.mk
	@$(PYTHON) scripts/layout.py --config $(gen)/config.mk \
		$(foreach m,$(modules-all),$(m):$(room-of-$(m)))

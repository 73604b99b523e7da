# SPDX-License-Identifier: MIT
#
# boot.cpio (modules and first programs), whitix.iso (GRUB for BIOS and UEFI),
# our own programs, and QEMU.

USERLAND ?=
CMDLINE ?=

# ---- boot.cpio --------------------------------------------------------------

busybox := $(if $(USERLAND),,$(out)/userland/busybox)

$(out)/userland/busybox: scripts/fetch-busybox
	$(call say,FETCH,busybox-static)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/fetch-busybox $(CACHE) $@

# Modules first: the loader looks for them. USERLAND= is a folder that is
# packed in the place of BusyBox.
$(gen)/boot.list: $(gen)/boot.stamp ;
$(gen)/boot.stamp: user/default/applets $(link)/plan $(gen)/config.mk Makefile \
		scripts/make/image.mk $(if $(USERLAND),FORCE)
	$(Q){ echo 'dir modules 755'; \
	  $(foreach m,$(modules),echo 'file modules/$(m).ko 644 $(out)/modules/$(m).ko';) \
	  for d in bin dev etc mnt proc root sys tmp; do echo "dir $$d 755"; done; \
	  echo 'nod dev/console 600 c 5 1'; \
	  echo 'nod dev/null 666 c 1 3'; \
	  $(if $(USERLAND), \
	    (cd $(USERLAND) && find . -mindepth 1 -type d -printf 'dir %P %m\n' | sort; \
	     find . -type f -printf 'file %P %m $(abspath $(USERLAND))/%P\n' | sort; \
	     find . -type l -printf 'slink %P %l\n' | sort), \
	    echo 'file init 755 user/default/init'; \
	    echo 'file bin/busybox 755 $(busybox)'; \
	    for a in $$(cat user/default/applets); do echo "slink bin/$$a busybox"; done); \
	} > $(gen)/boot.tmp
	$(Q)$(call move-if-new,$(gen)/boot.tmp,$(gen)/boot.list)
	$(Q)touch $@

.PHONY: FORCE
FORCE:

$(out)/boot.cpio: $(gen)/boot.list $(modules-built) $(busybox) user/default/init scripts/mkcpio.py
	$(call say,CPIO,$@)
	$(Q)$(PYTHON) scripts/mkcpio.py $< $@

# ---- whitix.iso -------------------------------------------------------------

$(out)/whitix.iso: $(out)/whitix.elf $(out)/boot.cpio scripts/mkiso $(out)/flags/iso
	$(call say,ISO,$@)
	$(Q)scripts/mkiso $(out) '$(CMDLINE)'

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
		$(foreach m,$(modules),$(m):$(room-of-$(m)))

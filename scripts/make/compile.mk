# SPDX-License-Identifier: MIT
#
# How sources become objects: core/ for the core, module/ for modules. An object
# depends on its source, on the headers it included (.d files), and on the file
# that holds the flags it was compiled with, which changes when they do.

cc-include := $(shell $(CC) -print-file-name=include)

common-flags := -std=gnu11 -O2 -g -ffreestanding -nostdlib -nostdinc \
	-isystem $(cc-include) -mcmodel=kernel -mno-red-zone \
	-mgeneral-regs-only -fno-pic -fno-omit-frame-pointer \
	-fno-strict-aliasing -fno-common -fno-asynchronous-unwind-tables \
	-fno-stack-protector -fcf-protection=none -Wall -Wextra -Wno-unused-parameter -Werror \
	-ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(out)=build \
	-gno-record-gcc-switches

core-flags := $(common-flags) -Iinclude/core -Iinclude/interface -Iinclude/lib \
	-Iinclude/uapi -Iarch/x86/include -Iarch/x86 -I$(out) -I$(gen)

# Jump tables would be half of the relocations that the loader has to do.
module-flags := $(common-flags) -fvisibility=hidden -fstack-clash-protection -fno-optimize-sibling-calls \
	-fno-jump-tables \
	-Iinclude/interface -Iinclude/lib -Iinclude/uapi -I$(gen)/module \
	-include $(gen)/config.h

# The boundary sees all options, everything else those that choose no layout.
boundary-folders := kernel/boundary/% arch/x86/gate/% $(gen)/%
boundary-config := -include $(gen)/autoconf.h -Ikernel/boundary/gate
core-config = $(if $(filter $(boundary-folders),$<),$(boundary-config),-include $(gen)/config.h)

deps = -MMD -MP -MF $(@:.o=.d)

# $(call keep-flags,name,flags): writes flags/name when the flags are new. What is
# read is stripped: GNU make 4.3 leaves the last newline there when its buffer moved
# to a lower address while it grew.
keep-flags = $(if $(call differ,$(strip $(file <$(out)/flags/$(1))),$(strip $(2))), \
	$(shell mkdir -p $(out)/flags)$(file >$(out)/flags/$(1),$(strip $(2))))
differ = $(or $(subst x$(1)x,,x$(2)x),$(subst x$(2)x,,x$(1)x))
# The folders' own names are left out: another folder is no other flag.
same-folder = $(subst $(out),O,$(subst $(CURDIR),.,$(1)))
$(call keep-flags,core,$(CC) $(call same-folder,$(core-flags)))
$(call keep-flags,module,$(CC) $(call same-folder,$(module-flags)))

headers := $(gen)/config.h $(gen)/asm-offsets.h $(gen)/version.h

$(out)/core/%.o: %.c $(out)/flags/core | $(headers)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(core-flags) $(core-config) $(deps) -c -o $@ $<

$(out)/core/%.o: %.S $(out)/flags/core | $(headers)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(core-flags) $(core-config) $(deps) -c -o $@ $<

# Assembly that the build itself writes.
$(out)/core/generated/%.o: $(gen)/%.S $(out)/flags/core | $(headers)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(core-flags) $(core-config) $(deps) -c -o $@ $<

$(gen)/module/font.h: scripts/font.py
	$(call say,GEN,font.h)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) scripts/font.py $@

$(out)/module/drivers/console/framebuffer.o: $(gen)/module/font.h

$(out)/module/%.o: %.c $(out)/flags/module | $(headers)
	$(call say,CC [M],$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(module-flags) $(deps) -c -o $@ $<

$(out)/module/%.o: %.S $(out)/flags/module | $(headers)
	$(call say,AS [M],$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(module-flags) $(deps) -c -o $@ $<

# One object by its name, in a module if the room has modules: make kernel/log.o
module-rooms := $(addsuffix /%,$(foreach m,$(modules-all) $(modules-off),$(room-of-$(m))) runtime)
object-goals := $(filter-out /%,$(filter %.o,$(MAKECMDGOALS)))
.PHONY: $(object-goals)
$(foreach o,$(object-goals),$(eval \
	$(o): $(out)/$(if $(filter $(module-rooms),$(o)),module,core)/$(o)))

# ---- headers that are made --------------------------------------------------

# $(call move-if-new,tmp,target)
move-if-new = if cmp -s $(1) $(2); then rm $(1); else mv $(1) $(2); fi

$(gen)/config.h $(gen)/autoconf.h $(gen)/placement.h: $(gen)/config.mk ;

# Headers whose content seldom changes: a stamp is what make compares times with,
# so that their own times stay what they are and nothing is compiled for them.
$(gen)/version.h: $(gen)/version.stamp ;
$(gen)/version.stamp: Makefile
	$(Q)printf '/* Made by make */\n#define WHITIX_VERSION "%s"\n' '$(VERSION)' > $(@:.stamp=.tmp)
	$(Q)$(call move-if-new,$(@:.stamp=.tmp),$(@:.stamp=.h))
	$(Q)touch $@

# Numbers that assembly needs from C: lines "->NAME VALUE" in compiler output.
$(gen)/asm-offsets.h: $(out)/core/arch/x86/asm-offsets.s ;
$(out)/core/arch/x86/asm-offsets.s: arch/x86/asm-offsets.c $(out)/flags/core | $(gen)/config.h
	$(call say,OFFSETS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(core-flags) $(core-config) -MMD -MP -MF $(@:.s=.d) -S -o $@ $<
	$(Q){ echo '/* Made from arch/x86/asm-offsets.c */'; \
	  sed -n 's/^.*->\([A-Z0-9_]*\) \$$*\(-*[0-9]*\).*/#define \1 \2/p' $@; } > $(gen)/asm-offsets.tmp
	$(Q)$(call move-if-new,$(gen)/asm-offsets.tmp,$(gen)/asm-offsets.h)

# ---- what to compile --------------------------------------------------------

core-built := $(addprefix $(out)/core/,$(core-objs) $(lib-objs))
runtime-built := $(addprefix $(out)/module/,$(runtime-objs) $(lib-objs))
module-built := $(foreach m,$(modules-all),$(addprefix $(out)/module/,$(objs-of-$(m))))

.PHONY: objects
objects: $(core-built) $(runtime-built) $(module-built)

-include $(wildcard $(patsubst %.o,%.d,$(core-built) $(runtime-built) $(module-built)) \
	$(out)/core/arch/x86/asm-offsets.d $(out)/core/generated/*.d)

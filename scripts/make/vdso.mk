# SPDX-License-Identifier: MIT
#
# The vDSO: a shared object for programs, which the core carries as bytes.

vdso-flags := -std=gnu11 -O2 -ffreestanding -nostdlib -nostdinc -fPIC -fvisibility=default \
	-mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fcf-protection=none -Wall -Wextra -Werror -Iinclude/lib -Iinclude/uapi \
	-isystem $(cc-include) -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(out)=build
$(call keep-flags,vdso,$(CC) $(call same-folder,$(vdso-flags)))

vdso-sources := $(addprefix arch/x86/vdso/,vdso.c vdso.lds vdso.map)

$(gen)/vdso.so: $(vdso-sources) include/uapi/whitix/vdso.h $(out)/flags/vdso
	$(call say,VDSO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(vdso-flags) -c -o $(gen)/vdso.o arch/x86/vdso/vdso.c
	$(Q)$(LD) -shared -Bsymbolic --hash-style=both --build-id=none -z noexecstack \
		-z max-page-size=4096 --no-undefined -soname linux-vdso.so.1 \
		--version-script arch/x86/vdso/vdso.map -T arch/x86/vdso/vdso.lds \
		-o $(gen)/vdso.tmp $(gen)/vdso.o
	$(Q)$(OBJCOPY) --strip-all $(gen)/vdso.tmp $@
	$(Q)rm $(gen)/vdso.tmp

$(out)/core/arch/x86/vdso/image.o: $(gen)/vdso.so

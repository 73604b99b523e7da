# SPDX-License-Identifier: MIT
"""
Debian packages: fetched by apt-get into a cache, unpacked by dpkg-deb, together
with the libraries that they need. Nothing of a package is run.

What is fetched lies in the cache as CACHE/NAME_VERSION_ARCH.deb; a package that
is put there by hand is used as it is. Each is unpacked once, merged as Debian's
file system is (/bin is usr/bin, ...), without what only people read.
"""

import glob
import os
import re
import shutil
import subprocess

LINUX = "linux-image-cloud-amd64"
# A package's dependencies are followed to what programs need in order to run.
LIBRARY_SECTIONS = ("libs", "libdevel", "oldlibs")
ALSO_NEEDED = ("linux-libc-dev",)
# What is on each Debian and so is not among the dependencies: {package: what it needs}.
UNNAMED = {"libtinfo6": ["ncurses-base"]}
# Only read by people, or by tools of Debian's.
LEFT_OUT = ("./usr/share/doc", "./usr/share/man", "./usr/share/info",
            "./usr/share/locale", "./usr/share/lintian", "./usr/share/bug",
            "./usr/share/doc-base", "./usr/share/menu", "./usr/share/applications")
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


# A list of sources next to the machine's own.
SOURCES = """Types: deb-src
URIs: http://deb.debian.org/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


class PackageError(Exception):
    """A package is unknown or could not be fetched or unpacked."""


def run(*argv, cwd=None):
    """What a command prints; PackageError with its complaint when it fails."""
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C"})
    if done.returncode:
        raise PackageError(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def fields_of(name):
    """The fields of a package that apt knows: {"Section": ..., ...}."""
    try:
        text = run("apt-cache", "show", "--no-all-versions", f"{name}:amd64")
    except PackageError:
        text = run("apt-cache", "show", "--no-all-versions", name)
    return dict(re.findall(r"^([\w-]+): (.*)$", text, re.M))


def depends_of(fields):
    """Names of the packages that one depends on; of alternatives the first."""
    named = ",".join(fields.get(f, "") for f in ("Pre-Depends", "Depends"))
    return [re.split(r"[ (:|]", one.strip(), maxsplit=1)[0]
            for one in named.split(",") if one.strip()]


def with_libraries(names):
    """The packages `names` and the libraries that they need, in a fixed order."""
    found, queue, unnamed = [], list(names), []
    while queue:
        name = queue.pop(0)
        if name in found:
            continue
        try:
            fields = fields_of(name)
        except PackageError:
            if name in names:
                raise
            continue  # a virtual package
        section = fields.get("Section", "").split("/")[-1]
        if name in names or section in LIBRARY_SECTIONS or name in ALSO_NEEDED \
                or name in unnamed:
            found.append(name)
            queue += depends_of(fields)
            queue += [other for other in UNNAMED.get(name, ()) if other not in names]
            unnamed += UNNAMED.get(name, ())
    return found


def cached(name, cache):
    """Path of the package in the cache, the newest of several; None."""
    found = glob.glob(os.path.join(glob.escape(cache), f"{name}_*.deb"))
    return max(found, key=os.path.getmtime, default=None)


def fetch(name, cache):
    """Path of the package in the cache, downloaded if it is not there."""
    cache = os.path.abspath(cache)
    os.makedirs(cache, exist_ok=True)
    if not cached(name, cache):
        try:
            run("apt-get", "-qq", "download", name, cwd=cache)
        except PackageError as error:
            raise PackageError(
                f"{error}\n{name} could not be downloaded by apt-get. Run apt-get "
                f"update, or put the package into {cache}") from None
    return cached(name, cache)


def fetch_source(name, folder):
    """Fills `folder` with the files of a source package."""
    os.makedirs(os.path.join(folder, "lists", "partial"), exist_ok=True)
    with open(os.path.join(folder, "deb-src.sources"), "w", encoding="utf-8") as target:
        target.write(SOURCES)
    options = [f"-oDir::Etc::sourcelist={folder}/deb-src.sources",
               "-oDir::Etc::sourceparts=/nonexistent", f"-oDir::State::lists={folder}/lists",
               "-oDir::Cache::pkgcache=", "-oDir::Cache::srcpkgcache="]
    run("apt-get", "-qq", *options, "update")
    run("apt-get", "-qq", *options, "source", "--download-only", name, cwd=folder)


def merge(folder):
    """Moves bin, lib and so on of an unpacked package below its usr."""
    for name in MERGED:
        old, new = os.path.join(folder, name), os.path.join(folder, "usr", name)
        if os.path.islink(old) or not os.path.isdir(old):
            continue
        for at, folders, files in os.walk(old):
            to = os.path.join(new, os.path.relpath(at, old))
            os.makedirs(to, exist_ok=True)
            links = [f for f in folders if os.path.islink(os.path.join(at, f))]
            for entry in files + links:
                os.rename(os.path.join(at, entry), os.path.join(to, entry))
        shutil.rmtree(old)


def unpack(deb):
    """The folder that a package of the cache is unpacked in."""
    folder = os.path.join(os.path.dirname(deb), "unpacked",
                          os.path.basename(deb)[:-len(".deb")])
    if os.path.isdir(folder):
        return folder
    shutil.rmtree(folder + ".tmp", ignore_errors=True)
    os.makedirs(folder + ".tmp")
    tar = ["tar", "-x", "--no-same-owner", "-C", folder + ".tmp",
           *(f"--exclude={path}" for path in LEFT_OUT)]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb],
                          stdout=subprocess.PIPE) as source:
        done = subprocess.run(tar, stdin=source.stdout, check=False)
    if source.returncode or done.returncode:
        raise PackageError(f"{deb} could not be unpacked")
    merge(folder + ".tmp")
    os.rename(folder + ".tmp", folder)
    return folder


def linux(cache):
    """Path of the kernel of Debian's Linux for clouds."""
    debs = glob.glob(os.path.join(glob.escape(os.path.abspath(cache)),
                                  "linux-image-*-cloud-amd64_*.deb"))
    if debs:
        deb = max(debs, key=os.path.getmtime)
    else:
        images = [d for d in depends_of(fields_of(LINUX)) if d.startswith("linux-image")]
        deb = fetch(images[0], cache)
    kernel = os.path.join(os.path.abspath(cache), os.path.basename(deb)[:-4] + ".vmlinuz")
    if not os.path.exists(kernel):
        folder = kernel + ".tmp"
        run("sh", "-c", 'dpkg-deb --fsys-tarfile "$1" | '
            'tar -x --wildcards -O "./boot/vmlinuz-*" >"$2"', "sh", deb, folder)
        os.rename(folder, kernel)
    return kernel

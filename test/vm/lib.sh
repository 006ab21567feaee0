# shellcheck shell=bash
# lib.sh - what vm-run, kernels and build-kernel share. Sourced, not run.
#
# The cache ($VM_CACHE, outside the repository; nothing of it is committed):
#   NAME/vmlinuz        the kernel, NAME being what --kernel takes (6.1, 6.12, ...)
#   NAME/release        its `uname -r`
#   NAME/config         its configuration
#   NAME/built-from     recipe_sum when it was built, of a kernel of our own
#   NAME/lib/modules/   its modules, if it has any (Debian's kernels)
#   NAME/initrd.SUM     initramfs made from it by make_initrd, SUM of what went in
#   apt/SUITE/          apt's lists of Debian suites other than the machine's own

VM_HOME=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd) || exit 125
VM_CACHE=${VM_CACHE:-/var/cache/vm-kernels}
BUSYBOX=${VM_BUSYBOX:-/bin/busybox}

# Modules that guest-init needs before it has the host's files; their
# dependencies are added. What a kernel has built in is skipped.
VM_MODULES="virtio_pci virtio_blk 9pnet_virtio 9p overlay fuse"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 125; }

# recipe_sum NAME - changes with what a kernel of our own is made from.
recipe_sum() { cat "$VM_HOME/kernel.config" "$VM_HOME/patches/$1.patch" | cksum; }

# quietly COMMAND... - show its output only if it fails.
quietly() {
  local log rc; log=$(mktemp) || return 1
  "$@" >"$log" 2>&1 </dev/null; rc=$?
  [ $rc -eq 0 ] || tail -n 30 "$log" >&2
  rm -f "$log"
  return $rc
}

# need COMMAND PACKAGE [COMMAND PACKAGE]... - apt-get install what is missing.
need() {
  local missing=()
  while [ $# -gt 1 ]; do
    case $1 in
      /*) [ -e "$1" ] || missing+=("$2") ;;
      *) command -v "$1" >/dev/null 2>&1 || missing+=("$2") ;;
    esac
    shift 2
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing ${missing[*]}"
  # Lists that are missing or out of date fail at once: then update and retry.
  apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 </dev/null ||
    { quietly apt-get update &&
      quietly apt-get install -y --no-install-recommends "${missing[@]}"; } ||
    die "apt-get could not install ${missing[*]}"
}

# need_tools - what running a guest takes. A busybox that is not static would not
# run in the initramfs.
need_tools() {
  need qemu-system-x86_64 qemu-system-x86 "$BUSYBOX" busybox-static modprobe kmod
  ! ldd "$BUSYBOX" >/dev/null 2>&1 || quietly apt-get install -y busybox-static ||
    die "apt-get could not install busybox-static"
}

# make_initrd KERNELDIR - print the path of an up-to-date initramfs for it:
# busybox, guest-init and the modules as NN-name.ko in load order. It is an
# uncompressed cpio, for unpacking a compressed one is slow under emulation.
make_initrd() {
  local dir=$1 sum out stage rel mod list kind ko name n=0
  sum=$(cat "$VM_HOME/guest-init" "$VM_HOME/lib.sh" "$BUSYBOX" "$dir/release" 2>/dev/null |
        cksum | cut -d' ' -f1)
  out=$dir/initrd.$sum
  [ -e "$out" ] && { printf '%s\n' "$out"; return 0; }

  stage=$(mktemp -d) || return 1
  mkdir -p "$stage"/{bin,mods,proc,sys,dev,lower,rw,newroot}
  cp "$BUSYBOX" "$stage/bin/busybox"
  cp "$VM_HOME/guest-init" "$stage/init"
  chmod 755 "$stage/init"
  if [ -d "$dir/lib/modules" ]; then
    rel=$(cat "$dir/release")
    for mod in $VM_MODULES; do
      list=$(modprobe -d "$dir" -S "$rel" --show-depends "$mod" 2>&1) ||
        { say "$dir: no module $mod: $list"; rm -rf "$stage"; return 1; }
      while read -r kind ko _; do     # "insmod /path/x.ko[.xz]" or "builtin x"
        [ "$kind" = insmod ] || continue
        name=${ko##*/} name=${name%.ko*}
        compgen -G "$stage/mods/*-$name.ko" >/dev/null && continue
        n=$((n + 1))
        case $ko in
          *.xz) xz -dc "$ko" ;;
          *.zst) zstd -dcq "$ko" ;;
          *) cat "$ko" ;;
        esac >"$stage/mods/$(printf '%02d' $n)-$name.ko"
      done <<<"$list"
    done
  fi
  (cd "$stage" && find . | "$BUSYBOX" cpio -o -H newc 2>/dev/null) >"$out.$$" &&
    mv "$out.$$" "$out"; n=$?
  rm -rf "$stage" "$out.$$"
  # Older ones go, but not one that a vm-run beside us may be about to open.
  find "$dir" -maxdepth 1 -name 'initrd.*' ! -path "$out" -mmin +60 -delete 2>/dev/null
  [ $n -eq 0 ] && printf '%s\n' "$out"
}

# --- Debian's packages, from suites that this machine's apt need not know: with
# lists of their own, so nothing of the machine's set-up changes.

# deb_repo LABEL - the address this machine's apt has for Debian's archive of that
# label (Debian, Debian-Security).
deb_repo() {
  local uri
  for _ in 1 2; do
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
            'Origin: Debian' "Label: $1" 2>/dev/null | head -n 1)
    [ -z "$uri" ] || { printf '%s\n' "$uri"; return 0; }
    quietly apt-get update || return 1
  done
  return 1
}

# apt_suite SUITE COMMAND... - apt-get or apt-cache with just that suite (and its
# security archive, where it has one).
apt_suite() {
  local suite=$1 cmd=$2 dir=$VM_CACHE/apt/$1 opts repo key
  shift 2
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  opts=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$dir/sources"
        -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache"
        -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=0)
  if [ ! -e "$dir/done" ]; then
    mkdir -p "$dir"/{sources,lists/partial,cache/archives/partial}
    repo=$(deb_repo Debian) || return 1
    echo "deb [signed-by=$key] $repo $suite main" >"$dir/sources/main.list"
    case $suite in
      *-*) ;;
      *) repo=$(deb_repo Debian-Security) &&
         echo "deb [signed-by=$key] $repo $suite-security main" >"$dir/sources/security.list" ;;
    esac
    # A suite past its support has no security archive: then do without.
    quietly apt-get "${opts[@]}" update 2>/dev/null || {
      rm -f "$dir/sources/security.list"
      quietly apt-get "${opts[@]}" update || return 1; }
    touch "$dir/done"
  fi
  "$cmd" "${opts[@]}" "$@"
}

# fetch_deb SUITE PACKAGE DIR - download that package's newest version into DIR,
# following the meta-package PACKAGE to what it depends on, and print its path.
fetch_deb() {
  local suite=$1 pkg=$2 dir=$3 real
  for _ in 1 2; do              # again with new lists, should they be out of date
    real=$(apt_suite "$suite" apt-cache depends "$pkg" |
      sed -n 's/^ *Depends: \(linux-\(image\|source\)-[0-9].*\)$/\1/p' | head -n 1)
    if (cd "$dir" && quietly apt_suite "$suite" apt-get download "${real:-$pkg}"); then
      ls -t "$dir/${real:-$pkg}"_*.deb | head -n 1
      return 0
    fi
    rm -f "$VM_CACHE/apt/$suite/done"
  done
  return 1
}

# unpack_vmlinux FILE - if FILE is a bzImage whose kernel can start by itself (an
# ELF with PVH's entry point), replace it by that kernel: unpacking it in the guest
# takes seconds under emulation. Else leave FILE as it is.
unpack_vmlinux() {
  local file=$1 sects off len magic unpack
  field() { od -An -j "$1" -N "$2" -t "u$2" "$file" | tr -d ' '; }   # boot protocol
  [ "$(od -An -j 514 -N 4 -c "$file" | tr -d ' ')" = HdrS ] || return 0
  sects=$(field 497 1) off=$(field 584 4) len=$(field 588 4)
  off=$(((${sects/#0/4} + 1) * 512 + off))
  magic=$(od -An -j "$off" -N 4 -t x1 "$file" | tr -d ' ')
  case $magic in
    fd377a58) unpack='xz -dc' ;;
    28b52ffd) need zstd zstd; unpack='zstd -dcq' ;;
    1f8b*) unpack='gzip -dc' ;;
    *) return 0 ;;
  esac
  # The payload ends with its unpacked size, which the tools call trailing garbage.
  tail -c "+$((off + 1))" "$file" | head -c "$((len - 4))" | $unpack >"$file.elf" 2>/dev/null
  if [ "$(head -c 4 "$file.elf" | od -An -t x1 | tr -d ' ')" = 7f454c46 ] &&
     has_pvh_note "$file.elf"; then mv "$file.elf" "$file"; else rm -f "$file.elf"; fi
}

# has_pvh_note FILE - an ELF note of owner "Xen", type 18 (XEN_ELFNOTE_PHYS32_ENTRY).
has_pvh_note() {
  LC_ALL=C grep -aqP '\x04\x00\x00\x00[\x04\x08]\x00\x00\x00\x12\x00\x00\x00Xen\x00' "$1"
}

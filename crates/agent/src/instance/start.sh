# Mounts an instance's root and starts its container. Runs in a mount namespace of its own, which lives as long as the
# container does: the host's mount table never changes, and nothing is left to unmount.
# Arguments: lower directory, disk directory, bundle, crun's state directory, id, console file, cgroup.procs files to join.
set -eu
lower=$1 disk=$2 bundle=$3 state=$4 id=$5 console=$6
shift 6
for procs; do echo $$ >"$procs"; done
# A hybrid cgroup tree misleads crun, even when it is told to leave cgroups alone.
if mountpoint -q /sys/fs/cgroup/unified; then umount -l /sys/fs/cgroup/unified; fi
cd "$disk"
mount -t overlay -o "nodev,redirect_dir=off,lowerdir=$lower,upperdir=upper,workdir=work" isthmus "$bundle/root"
touch "$console"
before=$(stat -c %s "$console")
crun --root "$state" --cgroup-manager=disabled run --detach --bundle "$bundle" "$id" </dev/null >>"$console" 2>&1 || {
    status=$?
    # The container's errors go to the console, and so do crun's own: not all of them reach its log.
    tail -c "+$((before + 1))" "$console" >&2
    exit $status
}

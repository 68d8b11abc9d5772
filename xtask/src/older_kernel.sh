#!/busybox sh
# The first process of the emulated machine: this machine's own root, read only, under a layer that is forgotten.
set -e
/busybox mkdir -p /bin /proc /host /layer /new
/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
for module in /modules/*.ko; do insmod "$module"; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host
mount -t tmpfs layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work root /new
for directory in proc sys dev run sys/fs/cgroup lib/modules; do mkdir -p "/new/$directory"; done
mount -t tmpfs run /new/run
cp /tests /new/run/tests
umount /proc
exec switch_root /new /bin/sh /run/tests

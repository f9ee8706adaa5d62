"""Which volumes a camera may have written, as the three systems list them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.media.volumes import Volume, camera_volumes, in_mount_words, in_mountinfo

LINUX = rb"""22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
25 22 8:1 / /boot/efi rw,relatime shared:2 - vfat /dev/sda1 rw,fmask=0077
26 22 8:3 / /efi rw,relatime - vfat /dev/sda3 rw
40 22 8:33 / /media/ana/DJI_M3E rw,nosuid,nodev shared:3 - vfat /dev/sdc1 rw
41 22 8:33 / /mnt/again rw,nosuid,nodev - vfat /dev/sdc1 rw
42 22 8:49 / /run/media/ana/Fl\303\274ge\040und\134so rw master:1 - exfat /dev/sdd1 rw
43 22 8:65 / /media/ana/EXT rw shared:9 - fuseblk /dev/sde1 rw,user_id=0
44 22 0:55 / /media/ana/office rw - cifs //nas/office rw
45 22 0:56 / /media/ana/far rw - nfs4 nas:/far rw
46 22 8:97 /DCIM /home/ana/box rw - vfat /dev/sdc1 rw
47 22 8:81 / /media/ana/Backup rw - ext4 /dev/sdf1 rw
48 22 0:60 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw
a broken line
"""
MACOS = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
/dev/disk4s1 on /Volumes/DJI_M3E (exfat, local, nodev, nosuid, noowners)
/dev/disk5s1 on /Volumes/My Card (2) (msdos, local, nodev, nosuid, noowners, noatime)
/dev/disk6s1 on /Volumes/New (lifs, local, nodev, nosuid, noowners, fskit)
//ana@nas/office on /Volumes/office (smbfs, nodev, nosuid, mounted by ana)
/dev/disk7s1 on /Volumes/Backup (apfs, local, nodev, nosuid, journaled)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="paths of other systems")
def test_linux_cards_are_fat_whole_and_local() -> None:
    assert in_mountinfo(LINUX) == [
        Volume("DJI_M3E", Path("/media/ana/DJI_M3E")),
        Volume("Flüge und\\so", Path("/run/media/ana/Flüge und\\so")),
        Volume("EXT", Path("/media/ana/EXT")),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="paths of other systems")
def test_macos_cards_are_fat() -> None:
    assert in_mount_words(MACOS) == [
        Volume("DJI_M3E", Path("/Volumes/DJI_M3E")),
        Volume("My Card (2)", Path("/Volumes/My Card (2)")),
        Volume("New", Path("/Volumes/New")),
    ]


def test_this_machine_can_be_asked() -> None:
    assert all(volume.name and volume.root.is_absolute() for volume in camera_volumes())

"""The disk below a home, as the log of the fault layer (layer/layer.h) tells
it, and what a power cut may leave of it.

What was synced stays. Of what was written and not synced each sector of 512
octets is, after the cut, as it was after any one of the writes that touched it,
or torn between two of them; a file has any size that it had since its last
sync. A name that was made, moved or removed may or may not have been, until its
folder is synced. A sync that failed settles at once what is lost: a later sync
does not bring it back, though the page cache still shows it.
"""
import os
import pathlib
import struct

SECTOR = 512
ENTRY = struct.Struct("=IIIIQQ")
MAGIC = 0x31464c48
OPEN, WRITE, SIZE, SYNC, SYNC_FAILED, RENAME, UNLINK, FOLDER, LINK = \
    range(1, 10)
TOLD = 100  # an entry of the test itself: a client was told something


def entries(data):
    """(change, file, at, bytes) of each whole entry of a log."""
    at = 0
    while at + ENTRY.size <= len(data):
        magic, _, change, size, file, where = ENTRY.unpack_from(data, at)
        assert magic == MAGIC, "the log is damaged at %d" % at
        at += ENTRY.size
        if at + size > len(data):
            return
        yield change, file, where, data[at:at + size]
        at += size


def told(text):
    """An entry of the test."""
    return ENTRY.pack(MAGIC, 0, TOLD, len(text), 0, 0) + text


class File:
    def __init__(self, content=b""):
        self.kept = bytearray(content)      # what a cut leaves at least
        self.waiting = []                   # (offset, bytes) or (size, None)

    def sync(self):
        for at, data in self.waiting:
            apply(self.kept, at, data)
        self.waiting = []

    def cut(self, dice, mood):
        """What is on the disk when the power comes back."""
        if not self.waiting:
            return
        versions = {}   # sector: its contents, oldest first
        sizes = [len(self.kept)]
        now = bytearray(self.kept)
        for at, data in self.waiting:
            apply(now, at, data)
            sizes.append(len(now))
            if data is None:
                continue
            for s in range(at // SECTOR, (at + len(data) - 1) // SECTOR + 1):
                place = slice(s * SECTOR, (s + 1) * SECTOR)
                versions.setdefault(
                    s, [bytes(self.kept[place]).ljust(SECTOR, b"\0")]).append(
                        bytes(now[place]).ljust(SECTOR, b"\0"))
        self.waiting = []
        size = mood(dice, sizes)
        if size > len(self.kept):
            self.kept.extend(bytes(size - len(self.kept)))
        for s, known in versions.items():
            sector = mood(dice, known)
            if dice.random() < 0.15:
                torn = dice.randrange(SECTOR)
                sector = mood(dice, known)[:torn] + sector[torn:]
            place = slice(s * SECTOR, (s + 1) * SECTOR)
            if s * SECTOR < len(self.kept):
                self.kept[place] = sector[:len(self.kept) - s * SECTOR]
        del self.kept[size:]


def apply(content, at, data):
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
        return
    if at > len(content):
        content.extend(bytes(at - len(content)))
    content[at:at + len(data)] = data


def any_of(dice, versions):
    return dice.choice(versions)


def oldest(dice, versions):
    return versions[0]


def newest(dice, versions):
    return versions[-1]


def mostly_newest(dice, versions):
    return versions[-1] if dice.random() < 0.8 else dice.choice(versions)


def mostly_oldest(dice, versions):
    return versions[0] if dice.random() < 0.8 else dice.choice(versions)


MOODS = (any_of, any_of, any_of, oldest, newest, mostly_newest, mostly_oldest)


class Disk:
    """The files of some folders of a home; names are relative to it."""

    def __init__(self, home, folders, lost=any_of):
        self.lost = lost    # what a failed sync leaves of each sector
        self.home = pathlib.Path(home)
        self.folders = folders
        self.load()

    def load(self):
        """What is there now is on the disk."""
        self.names = {}     # as the programs see them
        for folder in self.folders:
            for top, _, names in os.walk(self.home / folder):
                for name in names:
                    path = pathlib.Path(top) / name
                    if path.is_file() and not name.endswith("-shm"):
                        self.names[self.relative(path)] = File(
                            path.read_bytes())
        self.settle()

    def copy(self):
        """Another disk with what this one keeps."""
        other = Disk.__new__(Disk)
        other.home, other.folders, other.lost = \
            self.home, self.folders, self.lost
        other.names = {name: File(file.kept)
                       for name, file in self.kept.items()}
        other.settle()
        return other

    def relative(self, path):
        return path.relative_to(self.home).as_posix()

    def settle(self):
        self.kept = dict(self.names)
        self.waiting = []   # (folder, function of a dictionary of names)
        self.open = {}      # inode: File, or the name of a folder

    def change(self, change, inode, at, data, dice):
        assert inode in self.open or change not in (
            WRITE, SIZE, SYNC, SYNC_FAILED), \
            "change %d of %d (%r), which nobody opened" % (
                change, inode, data[:80])
        if change == OPEN:
            self.opened(data.decode(), inode, at)
        elif change == WRITE:
            self.open[inode].waiting.append((at, data))
        elif change == SIZE:
            self.open[inode].waiting.append((at, None))
        elif change == SYNC:
            self.synced(inode)
        elif change == SYNC_FAILED:
            if isinstance(self.open[inode], File):
                self.open[inode].cut(dice, self.lost)
        elif change == RENAME:
            self.renamed(*data.decode().split("\0"))
        elif change == LINK:
            self.linked(*data.decode().split("\0"))
        elif change == UNLINK:
            self.unlinked(data.decode())

    def opened(self, name, inode, at):
        if (self.home / name).is_dir() or name in self.folders:
            self.open[inode] = name
            return
        if not name.startswith(tuple(f + "/" for f in self.folders)):
            self.names.setdefault(      # the test's own, read only
                name, File((self.home / name).read_bytes()))
        if at & 1:
            file = File()
            self.names[name] = file
            self.wait(name, lambda names: names.__setitem__(name, file))
        elif at & 2:
            self.names[name].waiting.append((0, None))
        self.open[inode] = self.names[name]

    def has(self, inode, suffix):
        """Is it open as a file with such a name?"""
        return any(file is self.open[inode] and name.endswith(suffix)
                   for name, file in self.names.items())

    def wait(self, name, act):
        self.waiting.append((name.rpartition("/")[0], act))

    def synced(self, inode):
        what = self.open[inode]
        if isinstance(what, File):
            what.sync()
            return
        for folder, act in self.waiting:
            if folder == what:
                act(self.kept)
        self.waiting = [w for w in self.waiting if w[0] != what]

    def renamed(self, old, new):
        file = self.names.pop(old)
        self.names[new] = file

        def act(names):
            if names.get(old) is file:
                del names[old]
            names[new] = file
        self.wait(new, act)

    def linked(self, old, new):
        file = self.names[new] = self.names[old]
        self.wait(new, lambda names: names.__setitem__(new, file))

    def unlinked(self, name):
        file = self.names.pop(name, None)

        def act(names):
            if names.get(name) is file:
                names.pop(name, None)
        self.wait(name, act)

    def cut(self, dice, mood=None):
        """The power goes: one of the states that may be left."""
        mood = mood or dice.choice(MOODS)
        for _, act in self.waiting:
            if mood(dice, (False, True)):
                act(self.kept)
        self.names = self.kept
        for file in set(self.names.values()):
            file.cut(dice, mood)
        self.settle()
        return mood.__name__

    def write(self):
        """Puts the home into this state."""
        for folder in self.folders:
            for top, _, names in os.walk(self.home / folder):
                for name in names:
                    path = pathlib.Path(top) / name
                    if self.relative(path) not in self.names:
                        path.unlink()
        for name, file in self.names.items():
            path = self.home / name
            if not path.exists() or path.read_bytes() != file.kept:
                fresh = path.with_name(path.name + ".made")
                fresh.write_bytes(file.kept)
                fresh.chmod(0o600)
                owner = path.parent.stat()      # a program's own user
                os.chown(fresh, owner.st_uid, owner.st_gid)
                fresh.rename(path)

/* Users and folders of the programs, see room.h. */
#include "ipc/room.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ipc/sandbox.h"

enum reason
room_user(enum role role, struct room *room, struct why *why)
{
	const struct passwd *user;
	char name[32];

	*room = (struct room){ .folder = -1 };
	if (geteuid() != 0)
		return REASON_OK;
	snprintf(name, sizeof(name), "hallmark-%s", role_name(role));
	user = getpwnam(name);
	if (user == NULL || user->pw_uid == 0)
		return why_set(why, REASON_USER_MISSING, -1,
		    "there is no user %s; packaging/hallmark.sysusers names "
		    "them all",
		    name);
	room->user = user->pw_uid;
	room->group = user->pw_gid;
	return REASON_OK;
}

/* Nobody can put anything into a folder that has been removed. */
static int
open_nowhere(void)
{
	char path[] = P_tmpdir "/hallmark-XXXXXX";
	int fd;

	if (mkdtemp(path) == NULL)
		return -1;
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	rmdir(path);
	return fd;
}

static enum reason
check_owner(
    const struct room *room, const char *path, enum role role, struct why *why)
{
	uint32_t owner = room->user != 0 ? room->user : geteuid();
	struct stat st;

	if (fstat(room->folder, &st) != 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	if (st.st_uid != owner && st.st_uid == 0)
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%.80s is root's: give it to its program with chown -R "
		    "hallmark-%s:",
		    path, role_name(role));
	if (st.st_uid != owner && room->user != 0)
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%.80s is user %u's: run this as that user, or give it "
		    "away with chown -R hallmark-%s:",
		    path, st.st_uid, role_name(role));
	if (st.st_uid != owner)
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%.80s is user %u's: run this as that user", path,
		    st.st_uid);
	if ((st.st_mode & 077) != 0)
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%.120s is open to others: its mode must be 0700", path);
	return REASON_OK;
}

enum reason
room_open(const char *home, enum role role, struct room *room, struct why *why)
{
	char path[PATH_MAX] = "a folder in " P_tmpdir;
	enum reason r = room_user(role, room, why);

	if (r != REASON_OK)
		return r;
	if (home == NULL) {
		room->folder = open_nowhere();
	} else {
		path_join(path, sizeof(path), home, role_name(role));
		room->folder =
		    open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (room->folder < 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	if (home != NULL &&
	    (r = check_owner(room, path, role, why)) != REASON_OK)
		room_close(room);
	return r;
}

void
room_close(struct room *room)
{
	if (room->folder >= 0)
		close(room->folder);
	room->folder = -1;
}

void
rooms_log(void)
{
	bool users = geteuid() == 0;
	int abi = sandbox_landlock();
	char landlock[16] = "none";

	if (abi > 0)
		snprintf(landlock, sizeof(landlock), "%d", abi);
	if (users)
		log_note("walls",
		    "users=\"own\" landlock=\"%s\" seccomp=\"yes\"", landlock);
	else if (abi > 0)
		log_note("walls",
		    "users=\"one\" landlock=\"%s\" seccomp=\"yes\" "
		    "text=\"no users stand between the programs, only Landlock "
		    "and seccomp: start it as root for more\"",
		    landlock);
	else
		log_warning("walls",
		    "users=\"one\" landlock=\"none\" seccomp=\"yes\" "
		    "text=\"this kernel has no Landlock: programs of one user "
		    "can reach each other's files; start it as root\"");
}

/* User, root directory, capabilities and Landlock; see sandbox.h. */
#include "ipc/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fatal.h"

/*
 * As of ABI 7, whatever the headers of this host know. A kernel takes a longer
 * struct than its own if what it does not know is zero.
 */
struct ruleset {
	uint64_t files;	 /* handled_access_fs */
	uint64_t net;	 /* handled_access_net, ABI 4 */
	uint64_t scopes; /* scoped, ABI 6 */
};
#define NET_BIND_AND_CONNECT	  3
#define SCOPE_SOCKETS_AND_SIGNALS 3
#define TRUNCATE		  (UINT64_C(1) << 14)

/* Of what it handles a program with a folder keeps this, inside of it. */
#define FOLDER_RIGHTS                                                      \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |    \
	    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |    \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    TRUNCATE)

static bool entered;

#if defined(__SANITIZE_ADDRESS__)
/* libasan asks: its search for leaks would have to trace this process. */
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return entered;
}
#endif

int
sandbox_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static struct ruleset
ruleset_of(int abi)
{
	/* How many kinds of access to files each version knows. */
	static const unsigned kinds[] = { 0, 13, 14, 15, 15, 16 };
	unsigned n = kinds[abi < 5 ? abi : 5];
	struct ruleset r = { .files = (UINT64_C(1) << n) - 1 };

	if (abi >= 4)
		r.net = NET_BIND_AND_CONNECT;
	if (abi >= 6)
		r.scopes = SCOPE_SOCKETS_AND_SIGNALS;
	return r;
}

static void
landlock(bool keeps_folder, int folder)
{
	int abi = sandbox_landlock(), rules;
	struct ruleset all;
	struct landlock_path_beneath_attr beneath = { .parent_fd = folder };

	if (abi == 0)
		return; /* serve says so in its log */
	all = ruleset_of(abi);
	beneath.allowed_access = all.files & FOLDER_RIGHTS;
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0 ||
	    (keeps_folder &&
		syscall(SYS_landlock_add_rule, rules,
		    LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) ||
	    syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		fatal_errno("Landlock");
	close(rules);
}

/* None but those of a mask can be had again by executing a program. */
static void
bounding_keep(uint64_t mask)
{
	unsigned i;

	for (i = 0; i < 64; i++)
		if ((mask >> i & 1) == 0 &&
		    prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0 && errno != EINVAL)
			fatal_errno("the capability bounding set");
}

static void
capabilities_keep(uint64_t mask)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2] = { 0 };
	unsigned i;

	for (i = 0; i < 2; i++)
		data[i].effective = data[i].permitted =
		    (uint32_t)(mask >> 32 * i);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
	    syscall(SYS_capset, &head, data) != 0)
		fatal_errno("capabilities");
}

static void
become(uint32_t user, uint32_t group)
{
	if (chroot(".") != 0)
		fatal_errno("chroot");
	if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0)
		fatal_errno("group %u", group);
	bounding_keep(0); /* while we may */
	if (setresuid(user, user, user) != 0)
		fatal_errno("user %u", user);
	capabilities_keep(0);
	if (setresuid(0, 0, 0) == 0 || setgroups(0, NULL) == 0)
		fatal("user %u has kept privileges", user);
}

void
sandbox_enter(enum role role, int folder, uint32_t user, uint32_t group)
{
	entered = true;
	tzset(); /* gmtime() would look for the host's zone */
	if (user == 0 && geteuid() == 0)
		fatal("this program does not run as root");
	if (fchdir(folder) != 0)
		fatal_errno("the folder of this program");
	if (user != 0)
		become(user, group);
	/* A change of user brings the default back. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		fatal_errno("PR_SET_DUMPABLE");
	landlock(role == ROLE_AUTHORITY || role == ROLE_SIGNER, folder);
	close(folder);
}

void
memory_allow(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit;

	if (setrlimit(RLIMIT_MEMLOCK, &all) == 0 ||
	    getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
}

void
sandbox_parent(void)
{
	static const unsigned needed[] = {
		CAP_DAC_READ_SEARCH, /* into the folders of other users */
		CAP_KILL, CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_SYS_CHROOT
	};
	uint64_t mask = 0;
	size_t i;

	if (geteuid() != 0)
		return;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		mask |= UINT64_C(1) << needed[i];
	bounding_keep(mask);
	capabilities_keep(mask);
}

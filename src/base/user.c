/* Another user for a while, see user.h. */
#include "base/user.h"

#include <grp.h>
#include <unistd.h>

#include "base/fatal.h"

void
user_enter(uint32_t user, uint32_t group)
{
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) != 0 || setegid(group) != 0 ||
		seteuid(user) != 0))
		fatal_errno("seteuid");
}

void
user_leave(void)
{
	if (getuid() == 0 && (seteuid(0) != 0 || setegid(getgid()) != 0))
		fatal_errno("seteuid");
}

/* See forget.h. */
#include "forget.h"

void
forget(void)
{
	forget_keys();
	forget_paths();
}

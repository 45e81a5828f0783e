/* As forget_keys.c, for the paths that were good once. */
#include "x509/path.c"

#include "forget.h"

void
forget_paths(void)
{
	memset(remembered, 0, sizeof(remembered));
	memset(links, 0, sizeof(links));
}

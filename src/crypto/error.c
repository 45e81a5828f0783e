/* libcrypto's refusals, see error.h. */
#include "crypto/error.h"

#include <openssl/err.h>

#include "base/fatal.h"

void
crypto_refused(void)
{
	unsigned long e;

	while ((e = ERR_get_error()) != 0)
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			fatal("libcrypto is out of memory");
}

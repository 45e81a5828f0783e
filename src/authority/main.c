/*
 * hallmark-authority: decisions, records, the store. Sockets to checkers, the
 * signer and operators; no network, no keys, no decoder of containers.
 */
#include "authority/authority.h"
#include "base/log.h"
#include "base/secret.h"
#include "crypto/hash/memory.h"

int
main(void)
{
	static struct authority state;

	process_harden();
	libcrypto_memory();
	log_open("authority");
	return program_main(&authority_calls, &state);
}

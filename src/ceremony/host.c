/* What a host must be like for a ceremony, see host.h. */
#include "ceremony/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/hash/hash.h"

#define PROGRAM_MAX (64 << 20)
#define SWAPS_MAX   65536

enum reason
host_check_network(struct why *why)
{
	struct ifaddrs *all, *i;
	enum reason r = REASON_OK;

	if (getifaddrs(&all) != 0)
		return why_set(why, REASON_CEREMONY_NETWORK, -1,
		    "the interfaces cannot be listed: %s", strerror(errno));
	for (i = all; i != NULL && r == REASON_OK; i = i->ifa_next) {
		bool address = i->ifa_addr != NULL &&
		    (i->ifa_addr->sa_family == AF_INET ||
			i->ifa_addr->sa_family == AF_INET6);

		if ((i->ifa_flags & IFF_LOOPBACK) == 0 &&
		    (address || (i->ifa_flags & IFF_UP) != 0))
			r = why_set(why, REASON_CEREMONY_NETWORK, -1,
			    "interface %s %s", i->ifa_name,
			    address ? "has an address" : "is up");
	}
	freeifaddrs(all);
	return r;
}

enum reason
host_lock_memory(struct why *why)
{
	struct buf swaps;
	const uint8_t *end;
	enum reason r;

	if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		return why_set(why, REASON_CEREMONY_MEMORY, -1, "mlockall: %s",
		    strerror(errno));
	/* Locked pages are not swapped; the terminal's are not ours to lock. */
	if ((r = file_read("/proc/swaps", &swaps, SWAPS_MAX, why)) != REASON_OK)
		return r;
	end = memchr(swaps.ptr, '\n', swaps.len);
	if (end == NULL || end + 1 != swaps.ptr + swaps.len)
		r = why_set(why, REASON_CEREMONY_MEMORY, -1, "swap is in use");
	buf_free(&swaps);
	return r;
}

enum reason
host_program(uint8_t out[32], struct why *why)
{
	struct buf program;
	enum reason r;

	r = file_read("/proc/self/exe", &program, PROGRAM_MAX, why);
	if (r == REASON_OK)
		sha256(buf_span(&program), out);
	buf_free(&program);
	return r;
}

/* --- randomness --- */

#define SAMPLE	     4096
#define WINDOW	     512
#define REPEATED_MAX 5	/* 1 + 40 / 8 would be one too many */
#define OFTEN_MAX    19 /* in a window; 20 have a chance below 2^-40 */

void
entropy_measure(struct span octets, struct health *out)
{
	size_t i, j;

	*out = (struct health){ .octets = (unsigned)octets.len };
	for (i = 0; i < octets.len; i++) {
		for (j = 1; i + j < octets.len; j++)
			if (octets.ptr[i + j] != octets.ptr[i])
				break;
		if (j > out->run)
			out->run = (unsigned)j;
	}
	for (i = 0; i + WINDOW <= octets.len; i += WINDOW) {
		unsigned n = 0;

		for (j = 0; j < WINDOW; j++)
			n += octets.ptr[i + j] == octets.ptr[i];
		if (n > out->often)
			out->often = n;
	}
}

enum reason
entropy_check(const struct health *h, struct why *why)
{
	if (h->octets < SAMPLE)
		return why_set(why, REASON_CEREMONY_ENTROPY, -1,
		    "%u octets, wanted are %d", h->octets, SAMPLE);
	if (h->run > REPEATED_MAX)
		return why_set(why, REASON_CEREMONY_ENTROPY, -1,
		    "one octet %u times in a row", h->run);
	if (h->often > OFTEN_MAX)
		return why_set(why, REASON_CEREMONY_ENTROPY, -1,
		    "one octet %u times of %d", h->often, WINDOW);
	return REASON_OK;
}

enum reason
host_check_kernel(struct health *out, struct why *why)
{
	uint8_t sample[SAMPLE];

	random_bytes(sample, sizeof(sample));
	entropy_measure(span_of(sample, sizeof(sample)), out);
	secret_wipe(sample, sizeof(sample));
	return entropy_check(out, why);
}

#define TEXT_MIN  50
#define KINDS_MIN 5

enum reason
entropy_check_text(struct span text, struct why *why)
{
	unsigned counts[256] = { 0 }, kinds = 0, i;
	bool often = false;
	size_t at;

	for (at = 0; at < text.len; at++)
		counts[text.ptr[at]]++;
	for (i = 0; i < 256; i++) {
		kinds += counts[i] > 0;
		often |= 2 * counts[i] > text.len;
	}
	if (text.len >= TEXT_MIN && kinds >= KINDS_MIN && !often)
		return REASON_OK;
	return why_set(why, REASON_CEREMONY_ENTROPY, -1,
	    "%zu characters of %u kinds; wanted are %d of %d", text.len, kinds,
	    TEXT_MIN, KINDS_MIN);
}

/*
 * The host of a ceremony (inside of ceremony/): what may be on it, and whether
 * its randomness is any.
 */
#ifndef CEREMONY_HOST_H
#define CEREMONY_HOST_H

#include "base/buf.h"
#include "base/reason.h"

/* CEREMONY_NETWORK names the first interface, other than a loopback one, that is
 * up or has an Internet address. */
MUST_USE enum reason host_check_network(struct why *why);
/* Locks all memory of this process, now and later. CEREMONY_MEMORY if that is
 * refused, or if swap is in use. */
MUST_USE enum reason host_lock_memory(struct why *why);
/* SHA-256 of this program's file. */
MUST_USE enum reason host_program(uint8_t out[32], struct why *why);
/* What the health tests of SP 800-90B 4.4 found: how many octets were tested, the
 * longest run of one octet, and how often the first octet of a window of 512 was in it,
 * where it was most often. */
struct health {
	unsigned octets, run, often;
};
/* The tests over 4096 octets of the kernel, for a source of 8 bits an octet and one
 * false alarm in 2^40. CEREMONY_ENTROPY; out is set in any case. */
MUST_USE enum reason host_check_kernel(struct health *out, struct why *why);
/* The tests themselves, and what passes them. */
void entropy_measure(struct span octets, struct health *out);
MUST_USE enum reason entropy_check(const struct health *h, struct why *why);
/* What a person typed: at least 50 characters of at least 5 kinds, none more
 * often than every second time (dice: 50 rolls are 129 bits). */
MUST_USE enum reason entropy_check_text(struct span text, struct why *why);

#endif

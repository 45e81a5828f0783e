/* Names on the blocklist, see block.h. */
#include "model/block.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/text.h"

#define MAPPED_BITS   96 /* ::ffff:0:0/96 holds IPv4 (RFC 4291 2.5.5.2) */
#define IPV4_BITS_MIN 8
#define IPV6_BITS_MIN 16

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool
is_mapped(const uint8_t address[BLOCK_ADDRESS])
{
	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

bool
block_address_read(uint8_t out[BLOCK_ADDRESS], const char *text)
{
	memcpy(out, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, out + sizeof(mapped)) == 1 ||
	    inet_pton(AF_INET6, text, out) == 1;
}

bool
block_covers(
    const struct block_name *prefix, const uint8_t address[BLOCK_ADDRESS])
{
	unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	return prefix->kind == BLOCK_PREFIX && whole <= BLOCK_ADDRESS &&
	    memcmp(prefix->bytes, address, whole) == 0 &&
	    (rest == 0 || whole == BLOCK_ADDRESS ||
		((prefix->bytes[whole] ^ address[whole]) & mask) == 0);
}

static bool
bits_behind(const struct block_name *n)
{
	unsigned i;

	for (i = n->bits; i < BLOCK_ADDRESS * 8; i++)
		if ((n->bytes[i / 8] & 0x80u >> i % 8) != 0)
			return true;
	return false;
}

/* IPv4 below its own bound, or more: as IPv6 that has bits enough. */
static bool
holds_ipv4(const struct block_name *n)
{
	uint8_t any[BLOCK_ADDRESS] = { 0 };
	struct block_name head = *n;

	memcpy(any, mapped, sizeof(mapped));
	if (head.bits > MAPPED_BITS)
		head.bits = MAPPED_BITS;
	return n->bits < MAPPED_BITS + IPV4_BITS_MIN &&
	    block_covers(&head, any);
}

/* "A" or "A/BITS" */
static enum reason
read_prefix(struct block_name *out, struct span text, struct why *why)
{
	const uint8_t *slash =
	    text.len == 0 ? NULL : memchr(text.ptr, '/', text.len);
	size_t len = slash == NULL ? text.len : (size_t)(slash - text.ptr);
	char address[INET6_ADDRSTRLEN];
	unsigned first;
	uint64_t bits;

	if (!text_copy(address, sizeof(address), span_of(text.ptr, len)) ||
	    !block_address_read(out->bytes, address))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "name: address:A or address:A/BITS, IPv4 or IPv6");
	/* ::ffff:a.b.c.d is IPv4, but its bits were counted in IPv6. */
	first = memchr(address, ':', len) == NULL ? MAPPED_BITS : 0;
	bits = BLOCK_ADDRESS * 8 - first;
	if (slash != NULL &&
	    !text_uint(span_of(slash + 1, text.len - len - 1),
		BLOCK_ADDRESS * 8 - first, &bits))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "name: a prefix has at most %u bits",
		    BLOCK_ADDRESS * 8 - first);
	out->bits = first + (unsigned)bits;
	if (bits < (first == 0 ? IPV6_BITS_MIN : IPV4_BITS_MIN) ||
	    holds_ipv4(out))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "name: a prefix of %u bits would block the world",
		    (unsigned)bits);
	return bits_behind(out) ? why_set(why, REASON_ADMIN_ARGUMENT, -1,
				      "name: there are bits behind the prefix")
				: REASON_OK;
}

enum reason
block_name_read(struct block_name *out, struct span text, struct why *why)
{
	static const struct {
		enum block_kind kind;
		const char *word;
	} kinds[] = { { BLOCK_KEY, "key:" },
		{ BLOCK_CERTIFICATE, "certificate:" },
		{ BLOCK_PREFIX, "address:" } };
	size_t i, len, skip;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		skip = strlen(kinds[i].word);
		if (text.len < skip ||
		    memcmp(text.ptr, kinds[i].word, skip) != 0)
			continue;
		out->kind = kinds[i].kind;
		text = span_of(text.ptr + skip, text.len - skip);
		if (out->kind == BLOCK_PREFIX)
			return read_prefix(out, text, why);
		if (hex_decode(out->bytes, HASH_SIZE, &len, text) &&
		    len == HASH_SIZE)
			return REASON_OK;
		break;
	}
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "name: key: or certificate: with the 64 hexadecimal digits of a "
	    "SHA-256, or address:A/BITS");
}

void
block_name_print(char out[BLOCK_TEXT_MAX], const struct block_name *n)
{
	char text[HEX_SIZE(HASH_SIZE)];
	bool four = n->bits >= MAPPED_BITS && is_mapped(n->bytes);

	if (n->kind != BLOCK_PREFIX) {
		hex_encode(text, span_of(n->bytes, HASH_SIZE));
		snprintf(out, BLOCK_TEXT_MAX, "%s:%s",
		    n->kind == BLOCK_KEY ? "key" : "certificate", text);
		return;
	}
	if (four)
		inet_ntop(AF_INET, n->bytes + sizeof(mapped), text,
		    (socklen_t)sizeof(text));
	else
		inet_ntop(AF_INET6, n->bytes, text, (socklen_t)sizeof(text));
	snprintf(out, BLOCK_TEXT_MAX, "address:%s/%u", text,
	    four ? n->bits - MAPPED_BITS : n->bits);
}

int
block_name_compare(
    const struct block_name *left, const struct block_name *right)
{
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->bits != right->bits)
		return left->bits < right->bits ? -1 : 1;
	return memcmp(left->bytes, right->bytes, HASH_SIZE);
}

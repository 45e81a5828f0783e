/*
 * Shares, one a line, as they are typed at a ceremony. What is accepted lies within
 * the bounds of its kind, is written to words that read as the same, and with
 * another word of the list in place of the first one the checksum refuses it. All
 * that are read make the same secret, or none, in any order; with no passphrase, and
 * of the fewest iterations only.
 *
 * An octet 0 at the beginning says that shares follow as octets, to be written as
 * words first: no mutation would make a checksum.
 */
#include "crypto/keys/share.h"
#include "fuzz.h"

#define HEAD 6

static bool met_secret, met_foreign, met_twice, met_count, met_digest;
static bool met_groups;

const char *
corpus_lacks(void)
{
	return !met_secret ? "a secret of several shares"
	    : !met_groups  ? "a secret of two groups"
	    : !met_foreign ? "a foreign share"
	    : !met_twice   ? "a share given twice"
	    : !met_count   ? "too few shares"
	    : !met_digest  ? "shares that make no secret"
			   : NULL;
}

/* Five octets as the words have them, one for the length, the value. */
static size_t
words_write(const uint8_t *p, size_t len, char *out, size_t cap)
{
	char *at = out;

	while (len >= HEAD && cap - (size_t)(at - out) > SHARE_TEXT_SIZE) {
		struct share s = { .id = (uint16_t)(p[0] << 7 | p[1] >> 1),
			.extendable = p[1] & 1,
			.exponent = p[2] >> 4,
			.group = p[2] & 15,
			.group_threshold = (uint8_t)((p[3] >> 4) + 1),
			.groups = (uint8_t)((p[3] & 15) + 1),
			.index = p[4] >> 4,
			.threshold = (uint8_t)((p[4] & 15) + 1),
			.len = (uint8_t)(SHARE_VALUE_MIN + p[5] % 25 * 2) };
		size_t n = len - HEAD < s.len ? len - HEAD : s.len;

		memcpy(s.value, p + HEAD, n);
		p += HEAD + n;
		len -= HEAD + n;
		share_write(&s, at);
		at += strlen(at);
		*at++ = '\n';
	}
	return (size_t)(at - out);
}

static bool
share_take(struct span line, struct share *s)
{
	char text[SHARE_TEXT_SIZE], changed[SHARE_TEXT_SIZE + 16], *rest;
	struct share again;
	struct why why;
	int word;

	why_clear(&why);
	if (share_read(line, s, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		return false;
	}
	require(s->len >= SHARE_VALUE_MIN && s->len <= SHARE_VALUE_MAX);
	require(s->len % 2 == 0 && s->index < SHARES_MAX);
	require(s->threshold >= 1 && s->threshold <= SHARES_MAX);
	require(s->group_threshold <= s->groups && s->groups <= SHARES_MAX);
	share_write(s, text);
	require(share_read(span_str(text), &again, &why) == REASON_OK);
	require(memcmp(s, &again, sizeof(*s)) == 0);
	rest = strchr(text, ' ');
	require(rest != NULL);
	word = share_word_find(span_of((uint8_t *)text, (size_t)(rest - text)));
	require(word >= 0);
	snprintf(changed, sizeof(changed), "%s%s",
	    share_word((unsigned)(word + 1) & 1023), rest);
	require(share_read(span_str(changed), &again, &why) ==
	    REASON_SHARE_CHECKSUM);
	return true;
}

/* The other way round it is the same secret; with another octet it is none. */
static void
secret_check(const struct share *shares, unsigned n, const struct secret *s)
{
	struct share turned[SHARES_MAX];
	struct secret again;
	struct why why;
	unsigned i;

	for (i = 0; i < n; i++)
		turned[i] = shares[n - 1 - i];
	require(share_recover(turned, n, span_of("", 0), &again, &why) ==
	    REASON_OK);
	require(secret_equal(
	    span_of(s->ptr, s->len), span_of(again.ptr, again.len)));
	secret_free(&again);
	if (turned[0].threshold == 1 && turned[0].group_threshold == 1)
		return;
	turned[0].value[0] ^= 1;
	require(share_recover(turned, n, span_of("", 0), &again, &why) ==
	    REASON_SHARE_DIGEST);
}

static uint64_t
shares_join(const struct share *shares, unsigned n, uint64_t digest)
{
	enum reason belong, r;
	struct secret secret;
	struct why why;

	belong = share_check(shares, n, &why);
	digest = digest_add(digest, &belong, sizeof(belong));
	met_foreign |= belong == REASON_SHARE_FOREIGN;
	met_twice |= belong == REASON_SHARE_TWICE;
	if (shares[0].exponent != 0)
		return digest;
	r = share_recover(shares, n, span_of("", 0), &secret, &why);
	require(belong == REASON_OK || r == belong);
	met_count |= r == REASON_SHARE_COUNT;
	met_digest |= r == REASON_SHARE_DIGEST;
	digest = digest_add(digest, &r, sizeof(r));
	if (r != REASON_OK)
		return digest;
	require(secret.len == shares[0].len);
	require(shares[0].groups > 1 || shares[0].threshold == n);
	met_secret |= shares[0].threshold > 1;
	met_groups |= shares[0].group_threshold > 1;
	digest = digest_add(digest, secret.ptr, secret.len);
	if (n > 1 && oracle_begin()) {
		secret_check(shares, n, &secret);
		oracle_end();
	}
	secret_free(&secret);
	return digest;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static char text[(SHARES_MAX + 1) * SHARE_TEXT_SIZE];
	static struct share shares[SHARES_MAX];
	struct span rest = span_of(bytes, len);
	uint64_t digest = ACCEPTED;
	unsigned n = 0;

	if (len > 0 && bytes[0] == 0)
		rest = span_of(
		    text, words_write(bytes + 1, len - 1, text, sizeof(text)));
	while (rest.len > 0) {
		const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
		size_t line = end == NULL ? rest.len : (size_t)(end - rest.ptr);

		if (n == SHARES_MAX ||
		    !share_take(span_of(rest.ptr, line), &shares[n]))
			return 0;
		digest = digest_add(digest, &shares[n++], sizeof(*shares));
		rest.ptr += line + (end != NULL);
		rest.len -= line + (end != NULL);
	}
	return n == 0 ? 0 : shares_join(shares, n, digest);
}

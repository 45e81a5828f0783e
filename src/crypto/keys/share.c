/* Splitting and recovering, see share.h. */
#include "crypto/keys/share.h"

#include <openssl/evp.h>

#include "base/fatal.h"
#include "base/random.h"
#include "crypto/hash/hash.h"
#include "crypto/keys/field.h"

#define AT_DIGEST	254
#define AT_SECRET	255
#define DIGEST_SIZE	4
#define ROUNDS		4
#define ITERATIONS	2500
#define EXPONENT	1      /* of our own splits */
#define ID_MASK		0x7fff /* 15 bits */
#define PASSPHRASE_SIZE 128

/* --- the cipher: a Feistel network of PBKDF2 --- */

struct cipher {
	const struct share *form; /* id, extendable, exponent */
	struct span passphrase;
	size_t half;
};

/* out ^= PBKDF2(round || passphrase, prefix || right) */
static void
cipher_round(
    const struct cipher *c, uint8_t round, const uint8_t *right, uint8_t *out)
{
	uint8_t password[1 + PASSPHRASE_SIZE];
	uint8_t salt[8 + SHARE_VALUE_MAX / 2], key[SHARE_VALUE_MAX / 2];
	size_t prefix = 0, i;

	password[0] = round;
	if (c->passphrase.len > 0)
		memcpy(password + 1, c->passphrase.ptr, c->passphrase.len);
	if (!c->form->extendable) {
		memcpy(salt, "shamir", 6);
		salt[6] = (uint8_t)(c->form->id >> 8);
		salt[7] = (uint8_t)(c->form->id & 0xff);
		prefix = 8;
	}
	memcpy(salt + prefix, right, c->half);
	if (PKCS5_PBKDF2_HMAC((const char *)password,
		(int)(1 + c->passphrase.len), salt, (int)(prefix + c->half),
		ITERATIONS << c->form->exponent, EVP_sha256(), (int)c->half,
		key) != 1)
		fatal("PBKDF2");
	for (i = 0; i < c->half; i++)
		out[i] ^= key[i];
	secret_wipe(password, sizeof(password));
	secret_wipe(salt, sizeof(salt));
	secret_wipe(key, sizeof(key));
}

/* Forwards or backwards, in place: the two halves change roles each round and
 * change places at the end. */
static void
cipher_run(const struct cipher *c, uint8_t *value, bool backwards)
{
	uint8_t *left = value, *right = value + c->half, *turn;
	uint8_t copy[SHARE_VALUE_MAX / 2];
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		cipher_round(
		    c, (uint8_t)(backwards ? ROUNDS - 1 - i : i), right, left);
		turn = left;
		left = right;
		right = turn;
	}
	memcpy(copy, value, c->half);
	memcpy(value, value + c->half, c->half);
	memcpy(value + c->half, copy, c->half);
	secret_wipe(copy, sizeof(copy));
}

/* --- splitting --- */

/* The first octets of HMAC-SHA-256(pad, value); pad is what follows them. */
static void
digest_of(const uint8_t *pad, struct span value, uint8_t out[DIGEST_SIZE])
{
	uint8_t mac[32];

	hmac_sha256(span_of(pad, value.len - DIGEST_SIZE), value, mac);
	memcpy(out, mac, DIGEST_SIZE);
	secret_wipe(mac, sizeof(mac));
}

void
share_cut(struct span value, unsigned k, unsigned n, struct share *shares)
{
	struct field_point points[SHARES_MAX];
	uint8_t digest[SHARE_VALUE_MAX];
	unsigned i, given = k - 2;

	if (k < 2 || n < k || n > SHARES_MAX || value.len % 2 != 0 ||
	    value.len < SHARE_VALUE_MIN || value.len > SHARE_VALUE_MAX)
		fatal("a split of %zu octets, %u of %u", value.len, k, n);
	for (i = 0; i < n; i++) {
		shares[i].index = (uint8_t)i;
		shares[i].threshold = (uint8_t)k;
		shares[i].len = (uint8_t)value.len;
	}
	for (i = 0; i < given; i++) {
		random_bytes(shares[i].value, value.len);
		points[i].x = (uint8_t)i;
		points[i].y = shares[i].value;
	}
	random_bytes(digest + DIGEST_SIZE, value.len - DIGEST_SIZE);
	digest_of(digest + DIGEST_SIZE, value, digest);
	points[given].x = AT_DIGEST;
	points[given].y = digest;
	points[given + 1].x = AT_SECRET;
	points[given + 1].y = value.ptr;
	for (i = given; i < n; i++)
		field_interpolate(
		    points, k, (uint8_t)i, shares[i].value, value.len);
	secret_wipe(digest, sizeof(digest));
}

void
share_split(struct span secret, unsigned k, unsigned n, uint16_t old,
    struct share *shares)
{
	struct cipher c = { .form = shares, .half = secret.len / 2 };
	uint8_t value[SHARE_VALUE_MAX];
	uint16_t id;
	unsigned i;

	if (n > SHARES_MAX || secret.len > sizeof(value))
		fatal("a split of %zu octets into %u", secret.len, n);
	do {
		random_bytes(&id, sizeof(id));
		id &= ID_MASK;
	} while (id == old);
	memset(shares, 0, n * sizeof(*shares));
	for (i = 0; i < n; i++) {
		shares[i].id = id;
		shares[i].extendable = true;
		shares[i].exponent = EXPONENT;
		shares[i].group_threshold = shares[i].groups = 1;
	}
	memcpy(value, secret.ptr, secret.len);
	cipher_run(&c, value, false);
	share_cut(span_of(value, secret.len), k, n, shares);
	secret_wipe(value, sizeof(value));
}

/* --- recovering --- */

static bool
same_set(const struct share *a, const struct share *b)
{
	return a->id == b->id && a->extendable == b->extendable &&
	    a->exponent == b->exponent && a->groups == b->groups &&
	    a->group_threshold == b->group_threshold && a->len == b->len &&
	    (a->group != b->group || a->threshold == b->threshold);
}

/* The share that fewest others go with is the foreign one. */
static enum reason
check_sets(const struct share *shares, unsigned count, struct why *why)
{
	unsigned i, j, friends, fewest = count, odd = 0;

	for (i = 0; i < count; i++) {
		for (j = friends = 0; j < count; j++)
			friends += same_set(&shares[i], &shares[j]);
		if (friends < fewest) {
			fewest = friends;
			odd = i;
		}
	}
	if (fewest == count)
		return REASON_OK;
	if (count == 2)
		return why_set(why, REASON_SHARE_FOREIGN, -1,
		    "shares %u and %u are of two sets", shares[0].index + 1U,
		    shares[1].index + 1U);
	return why_set(why, REASON_SHARE_FOREIGN, -1,
	    "share %u, the %u. that was given", shares[odd].index + 1U,
	    odd + 1);
}

static enum reason
check_twice(const struct share *shares, unsigned count, struct why *why)
{
	unsigned i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			if (shares[i].group == shares[j].group &&
			    shares[i].index == shares[j].index)
				return why_set(why, REASON_SHARE_TWICE, -1,
				    "share %u is the %u. and the %u. that "
				    "was given",
				    shares[i].index + 1U, j + 1, i + 1);
	return REASON_OK;
}

enum reason
share_check(const struct share *shares, unsigned count, struct why *why)
{
	enum reason r = check_sets(shares, count, why);

	return r != REASON_OK ? r : check_twice(shares, count, why);
}

/* The value that count points were cut from; one point is the value. */
static enum reason
join(const struct field_point *points, unsigned count, size_t len, uint8_t *out,
    struct why *why)
{
	uint8_t digest[SHARE_VALUE_MAX], expected[DIGEST_SIZE];
	bool good = true;

	if (count == 1) {
		memcpy(out, points[0].y, len);
		return REASON_OK;
	}
	field_interpolate(points, count, AT_SECRET, out, len);
	field_interpolate(points, count, AT_DIGEST, digest, len);
	digest_of(digest + DIGEST_SIZE, span_of(out, len), expected);
	good = secret_equal(
	    span_of(digest, DIGEST_SIZE), span_of(expected, DIGEST_SIZE));
	secret_wipe(digest, sizeof(digest));
	secret_wipe(expected, sizeof(expected));
	return good ? REASON_OK
		    : why_set(why, REASON_SHARE_DIGEST, -1, "%u shares", count);
}

/* One group's value; *found is false if no share is of that group. */
static enum reason
join_group(const struct share *shares, unsigned count, unsigned group,
    uint8_t *out, bool *found, struct why *why)
{
	struct field_point points[SHARES_MAX];
	unsigned i, n = 0, threshold = 0;

	for (i = 0; i < count; i++) {
		if (shares[i].group != group || n == SHARES_MAX)
			continue;
		threshold = shares[i].threshold;
		points[n].x = shares[i].index;
		points[n++].y = shares[i].value;
	}
	*found = n > 0;
	if (n == 0)
		return REASON_OK;
	if (n != threshold)
		return why_set(why, REASON_SHARE_COUNT, -1,
		    "%u shares, and there must be exactly %u", n, threshold);
	return join(points, n, shares[0].len, out, why);
}

static enum reason
join_all(const struct share *shares, unsigned count, uint8_t *out,
    struct secret *room, struct why *why)
{
	struct field_point points[SHARES_MAX];
	unsigned group, n = 0;
	enum reason r;
	bool found;

	for (group = 0; group < shares[0].groups; group++) {
		uint8_t *value = room->ptr + n * SHARE_VALUE_MAX;

		r = join_group(shares, count, group, value, &found, why);
		if (r != REASON_OK)
			return r;
		points[n].x = (uint8_t)group;
		points[n].y = value;
		n += found;
	}
	if (n != shares[0].group_threshold)
		return why_set(why, REASON_SHARE_COUNT, -1,
		    "%u groups, and there must be exactly %u", n,
		    shares[0].group_threshold);
	return join(points, n, shares[0].len, out, why);
}

enum reason
share_recover(const struct share *shares, unsigned count,
    struct span passphrase, struct secret *out, struct why *why)
{
	struct cipher c = { .form = shares, .passphrase = passphrase };
	struct secret room;
	enum reason r;

	if (count == 0)
		return why_set(why, REASON_SHARE_COUNT, -1, "no share");
	if (passphrase.len > PASSPHRASE_SIZE)
		return why_set(why, REASON_PASSPHRASE, -1, "over %d characters",
		    PASSPHRASE_SIZE);
	if ((r = share_check(shares, count, why)) != REASON_OK)
		return r;
	secret_new(&room, SHARES_MAX * SHARE_VALUE_MAX);
	secret_new(out, shares[0].len);
	c.half = out->len / 2;
	if ((r = join_all(shares, count, out->ptr, &room, why)) == REASON_OK)
		cipher_run(&c, out->ptr, true);
	else
		secret_free(out);
	secret_free(&room);
	return r;
}

/*
 * Audit logs under URLs of their own (RFC 8995 5.8, MP 14.1), see authority.h.
 *
 * A name is 128 random bits and says nothing; only the key that the client showed in
 * TLS opens it. What is kept is the text as it was given, so it cannot change, and a
 * fetch costs no look at the store. Whoever finds nothing asks by POST again.
 */
#include <stdlib.h>

#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/random.h"
#include "base/secret.h"

#define LOGS_MAX   2048
#define OCTETS_MAX (16u << 20) /* of all texts */
#define DEVICE_MAX 8	       /* of one device */

struct prepared_log {
	uint8_t slug[SLUG_SIZE];
	uint8_t client[HASH_SIZE]; /* its key */
	struct audit_owner device;
	int64_t since; /* clock_ticks() */
	uint8_t *text; /* owned */
	size_t len;
};

struct prepared_logs {
	unsigned len;
	size_t octets;
	struct prepared_log list[LOGS_MAX]; /* the oldest first */
};

struct prepared_logs *
prepared_new(void)
{
	return memory_new(sizeof(struct prepared_logs));
}

/* Forgets one, and those behind it move up. */
static void
forget(struct prepared_logs *l, unsigned n)
{
	struct prepared_log *log = &l->list[n];

	l->octets -= log->len;
	free(log->text);
	l->len--;
	memmove(log, log + 1, (l->len - n) * sizeof(*log));
}

void
prepared_free(struct prepared_logs *l)
{
	if (l == NULL)
		return;
	while (l->len > 0)
		forget(l, l->len - 1);
	free(l);
}

static void
forget_late(struct prepared_logs *l)
{
	int64_t then = clock_ticks() - (int64_t)PREPARED_SECONDS * 1000;

	while (l->len > 0 && l->list[0].since <= then)
		forget(l, 0);
}

static bool
same_device(const struct audit_owner *a, const struct audit_owner *b)
{
	return strcmp(a->serial, b->serial) == 0 &&
	    a->issuer.kind == b->issuer.kind &&
	    a->issuer.len == b->issuer.len &&
	    memcmp(a->issuer.bytes, b->issuer.bytes, a->issuer.len) == 0;
}

static bool
same_log(const struct prepared_log *log, const struct prepared_log *other,
    struct span text)
{
	return memcmp(log->client, other->client, HASH_SIZE) == 0 &&
	    same_device(&log->device, &other->device) && log->len == text.len &&
	    memcmp(log->text, text.ptr, text.len) == 0;
}

/*
 * Any owner of one device may ask with any number of keys: so the oldest of the same
 * device makes room, and nobody pushes out the logs of other devices by that.
 */
static void
make_room(struct prepared_logs *l, const struct audit_owner *device, size_t len)
{
	unsigned n, oldest = LOGS_MAX, count = 0;

	for (n = l->len; n-- > 0;)
		if (same_device(&l->list[n].device, device)) {
			oldest = n;
			count++;
		}
	if (count >= DEVICE_MAX)
		forget(l, oldest);
	while (
	    l->len > 0 && (l->len == LOGS_MAX || l->octets + len > OCTETS_MAX))
		forget(l, 0);
}

const uint8_t *
prepared_add(struct prepared_logs *l, const struct audit_owner *o,
    const uint8_t client_spki_sha256[HASH_SIZE], struct span text)
{
	static const uint8_t nobody[HASH_SIZE];
	struct prepared_log fresh = { .device = *o, .since = clock_ticks() };
	unsigned n;

	if (memcmp(client_spki_sha256, nobody, HASH_SIZE) == 0)
		return NULL;
	memcpy(fresh.client, client_spki_sha256, HASH_SIZE);
	random_bytes(fresh.slug, SLUG_SIZE);
	forget_late(l);
	for (n = 0; n < l->len; n++) {
		if (!same_log(&l->list[n], &fresh, text))
			continue;
		memcpy(fresh.slug, l->list[n].slug, SLUG_SIZE);
		forget(l, n);
		break;
	}
	make_room(l, o, text.len);
	fresh.text = memory_new(text.len + 1);
	fresh.len = text.len;
	memcpy(fresh.text, text.ptr, text.len);
	l->octets += text.len;
	l->list[l->len] = fresh;
	return l->list[l->len++].slug;
}

bool
prepared_find(struct prepared_logs *l, const uint8_t slug[SLUG_SIZE],
    const uint8_t client_spki_sha256[HASH_SIZE], struct span *text)
{
	const struct prepared_log *found = NULL;
	unsigned n;

	forget_late(l);
	/* How long it takes tells nothing of names that are nearly right. */
	for (n = 0; n < l->len; n++)
		if (secret_equal(span_of(l->list[n].slug, SLUG_SIZE),
			span_of(slug, SLUG_SIZE)) &&
		    memcmp(l->list[n].client, client_spki_sha256, HASH_SIZE) ==
			0)
			found = &l->list[n];
	if (found == NULL)
		return false;
	*text = span_of(found->text, found->len);
	return true;
}

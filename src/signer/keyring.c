/* The keys that the signer holds, see signer.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "envelope/pem.h"
#include "signer/signer.h"

#define CHAIN_FILE_MAX (CHAIN_MAX * CERTIFICATE_MAX * 2)
#define VERIFY_EACH    64 /* architecture 8: one in so many on the hot path */

void
key_path(char out[PATH_MAX], const char *folder, const char *name,
    const char *ending)
{
	if (snprintf(out, PATH_MAX, "%s/%s.%s", folder, name, ending) >=
	    PATH_MAX)
		fatal("the path of key %s is too long", name);
}

struct held_key *
keyring_find(struct keyring *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->len; i++)
		if (strcmp(k->keys[i]->name, name) == 0)
			return k->keys[i];
	return NULL;
}

struct held_key *
keyring_add(struct keyring *k, const char *name, struct private_key *key)
{
	struct held_key *h = memory_new(sizeof(*h));

	if (k->len == LEDGER_KEYS_MAX)
		fatal("more keys than the ledger can name");
	snprintf(h->name, sizeof(h->name), "%s", name);
	h->key = key; /* transferred */
	k->keys[k->len++] = h;
	return h;
}

void
held_key_free_chain(struct held_key *h)
{
	while (h->chain_len > 0)
		free((void *)(uintptr_t)h->chain[--h->chain_len].ptr);
}

static void
held_key_free(struct held_key *h)
{
	held_key_free_chain(h);
	private_key_free(h->key);
	free(h);
}

void
keyring_forget(struct keyring *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->len; i++)
		if (strcmp(k->keys[i]->name, name) == 0) {
			held_key_free(k->keys[i]);
			k->keys[i] = k->keys[--k->len];
			return;
		}
}

void
keyring_free(struct keyring *k)
{
	while (k->len > 0)
		held_key_free(k->keys[--k->len]);
}

enum reason
held_key_chain(struct held_key *h, const struct span *chain, unsigned chain_len,
    struct why *why)
{
	unsigned i;

	held_key_free_chain(h);
	for (i = 0; i < chain_len && i < CHAIN_MAX; i++)
		h->chain[i] = span_of(
		    memory_copy(chain[i].ptr, chain[i].len), chain[i].len);
	h->chain_len = i;
	return certificate_read(h->chain[0], &h->certificate, why);
}

enum reason
held_key_load_chain(struct held_key *h, const char *folder,
    const struct ledger_key *known, struct why *why)
{
	uint8_t hash[HASH_SIZE], *octets;
	struct span chain[CHAIN_MAX];
	size_t offset = 0, used = 0, len;
	char path[PATH_MAX];
	struct buf text;
	unsigned n = 0;
	enum reason r;

	key_path(path, folder, known->order.name, "pem");
	if ((r = file_read(path, &text, CHAIN_FILE_MAX, why)) != REASON_OK)
		return r;
	octets = memory_new((text.len + 1) * CHAIN_MAX);
	while (n < CHAIN_MAX &&
	    pem_next(
		buf_span(&text), &offset, "CERTIFICATE", octets + used, &len)) {
		chain[n++] = span_of(octets + used, len);
		used += len;
	}
	r = why_set(why, REASON_HOME_INVALID, -1,
	    "%s does not hold the certificate on record", path);
	if (n > 0) {
		sha256(chain[0], hash);
		if (memcmp(hash, known->certificate_sha256, HASH_SIZE) == 0)
			r = held_key_chain(h, chain, n, why);
	}
	free(octets);
	buf_free(&text);
	return r;
}

enum reason
key_file_open(struct private_key **out, struct signer *s,
    const struct ledger_key *known, const struct secret *passphrase,
    struct why *why)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct secret both;
	enum reason r;

	key_path(path, s->folder, known->order.name, "key");
	if (!known->wrapped)
		return private_key_load(out, path, passphrase, &s->vault, why);
	path_join(folder, sizeof(folder), s->root, "wrapping");
	r = wrapping_open(folder, known->order.name, passphrase, &both, why);
	if (r != REASON_OK)
		return r;
	r = private_key_load(out, path, &both, NULL, why);
	secret_free(&both);
	return r;
}

/* Is the file there, and its wrapping key, which an empty file says is lost? */
static enum reason
check_there(
    const struct signer *s, const struct ledger_key *known, struct why *why)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct stat st;

	key_path(path, s->folder, known->order.name, "key");
	if (access(path, F_OK) == 0 && known->wrapped) {
		path_join(folder, sizeof(folder), s->root, "wrapping");
		key_path(path, folder, known->order.name, "key");
	}
	if (stat(path, &st) != 0)
		return why_set(why, REASON_HOME_INVALID, -1, "%s: %s", path,
		    strerror(errno));
	return !known->wrapped || st.st_size > 0
	    ? REASON_OK
	    : why_set(why, REASON_HOME_INVALID, -1, "%s is empty", path);
}

static enum reason
key_load(struct keyring *k, struct signer *s, const struct ledger_key *known,
    const struct secret *passphrase, struct why *why)
{
	uint8_t hash[HASH_SIZE];
	struct private_key *key;
	struct held_key *h;
	enum reason r;

	if ((r = check_there(s, known, why)) != REASON_OK ||
	    (r = key_file_open(&key, s, known, passphrase, why)) != REASON_OK)
		return r;
	sha256(private_key_spki(key), hash);
	if (memcmp(hash, known->spki_sha256, HASH_SIZE) != 0) {
		private_key_free(key);
		return why_set(why, REASON_HOME_INVALID, -1,
		    "the file of %s is not the key on record",
		    known->order.name);
	}
	h = keyring_add(k, known->order.name, key);
	if (known->state == KEY_REQUESTED ||
	    known->order.purpose == PURPOSE_MANIFEST)
		return REASON_OK;
	if ((r = held_key_load_chain(h, s->folder, known, why)) != REASON_OK)
		keyring_forget(k, known->order.name);
	return r;
}

/* The passphrase is right, or the tag key had not opened: so whatever is wrong with
 * one key is wrong with that one, and the rest can work. */
static void
key_try(struct keyring *k, struct signer *s, const struct ledger_key *known,
    const struct secret *passphrase)
{
	struct why why, inner;
	enum reason r = key_load(k, s, known, passphrase, &inner);

	if (r == REASON_OK)
		return;
	why_set(&why, REASON_KEY_OUT_OF_REACH, -1, "%s: %.150s", reason_code(r),
	    inner.text);
	log_reason(
	    REASON_KEY_OUT_OF_REACH, &why, "key=\"%s\"", known->order.name);
}

/* A key that the journal knows to be gone stays so, whatever lies there again. */
static void
look_for_returned(const struct signer *s, const struct ledger_key *known)
{
	char path[PATH_MAX];

	key_path(path, s->folder, known->order.name, "key");
	if (access(path, F_OK) == 0)
		log_alarm("key-returned",
		    "key=\"%s\" state=\"%s\" text=\"its file is there again "
		    "and is not opened\"",
		    known->order.name, key_state_name(known->state));
}

void
keyring_load(struct keyring *k, struct signer *s, const struct ledger *ledger,
    const struct secret *passphrase)
{
	const struct ledger_key *known;
	size_t i;

	for (i = 0; i < ledger->keys_len; i++) {
		known = &ledger->keys[i];
		if (!key_state_over(known->state)) {
			key_try(k, s, known, passphrase);
			if (s->calls.starting != NULL)
				s->calls.starting(s->calls.context);
		} else if (known->state != KEY_RETIRED) {
			look_for_returned(s, known);
		}
	}
}

static bool
signature_holds(
    const struct held_key *h, struct span message, struct span signature)
{
	const struct public_key *key;

	return public_key_get(private_key_spki(h->key), &key, NULL) ==
	    REASON_OK &&
	    signature_verify(
		key, private_key_signature(h->key), message, signature);
}

void
held_key_check(
    struct held_key *h, struct span message, struct span signature, bool always)
{
	if ((always || h->signatures % VERIFY_EACH == 0) &&
	    !signature_holds(h, message, signature))
		fatal("a signature of key %s does not verify", h->name);
	h->signatures++;
}

/*
 * The roster of operators: names and keys of those whose orders end keys, nobody
 * twice. Written again in its shortest form it reads as the same.
 */
#include "base/text.h"
#include "fuzz.h"
#include "scratch.h"
#include "signer/signer.h"

static void
operator_holds(const struct operators *o, unsigned n)
{
	const struct operator* who = o->list + n;
	uint8_t hash[HASH_SIZE];
	unsigned i;

	require(who->name[0] != '\0' && who->name[0] != '#' &&
	    strchr(who->name, ' ') == NULL &&
	    text_printable(span_str(who->name)));
	sha256(span_of(who->key.blob, who->key.len), hash);
	require(memcmp(hash, who->key_sha256, sizeof(hash)) == 0);
	for (i = 0; i < n; i++)
		require(strcmp(o->list[i].name, who->name) != 0 &&
		    memcmp(o->list[i].key_sha256, hash, sizeof(hash)) != 0);
}

static uint64_t
roster_digest(const struct operators *o)
{
	uint64_t digest = digest_add(ACCEPTED, &o->len, sizeof(o->len));
	unsigned i;

	for (i = 0; i < o->len; i++) {
		const struct operator* who = o->list + i;

		digest = digest_add(digest, who->name, strlen(who->name) + 1);
		digest = digest_add(digest, who->key.blob, who->key.len);
	}
	return digest;
}

/* A key begins with its type: a length of four octets, of which the last tells. */
static void
roster_again(const struct operators *o)
{
	static struct operators again;
	char key[BASE64_SIZE(SSH_KEY_MAX)];
	struct buf text;
	struct why why;
	unsigned i;

	buf_init(&text, SIZE_MAX);
	for (i = 0; i < o->len; i++) {
		const uint8_t *blob = o->list[i].key.blob;

		base64_encode(key, span_of(blob, o->list[i].key.len));
		require(buf_printf(&text, "%s %.*s %s\n", o->list[i].name,
		    (int)blob[3], (const char *)blob + 4, key));
	}
	require(operators_load(scratch_write("operators", buf_span(&text)),
		    &again, &why) == REASON_OK);
	require(roster_digest(&again) == roster_digest(o));
	buf_free(&text);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	static struct operators o;
	struct why why;
	unsigned i;

	why_clear(&why);
	if (operators_load(scratch_write("operators", span_of(bytes, len)), &o,
		&why) != REASON_OK) {
		require(why.text[0] != '\0');
		return 0;
	}
	require(o.len <= OPERATORS_MAX);
	for (i = 0; i < o.len; i++)
		operator_holds(&o, i);
	if (oracle_begin()) {
		roster_again(&o);
		oracle_end();
	}
	return roster_digest(&o);
}

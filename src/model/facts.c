/* Two sets of facts field by field, see facts.h. */
#include "model/facts.h"

#include <stddef.h>

uint8_t
chain_domain_id(
    const struct chain_entry *e, enum pin_kind kind, uint8_t out[KEY_ID_MAX])
{
	if (kind == PIN_CERTIFICATE) {
		memcpy(out, e->domain_id, e->domain_id_len);
		return e->domain_id_len;
	}
	memcpy(out, e->spki_sha256, HASH_SIZE);
	return HASH_SIZE;
}

#define FIELD(name, member)                                     \
	{                                                       \
		name, offsetof(struct request_facts, member),   \
		    sizeof(((struct request_facts *)0)->member) \
	}
/* What a request says or shows; not who brought it, nor what refused it. not_in_cose
 * only refuses; facts that were kept before it was there lack it. */
static const struct {
	const char *name;
	size_t at, size;
} fields[] = {
	FIELD("kind", kind),
	FIELD("format", format),
	FIELD("reply", reply),
	FIELD("legacy", legacy),
	FIELD("moment", moment),
	FIELD("request", request_sha256),
	FIELD("created-on", has_created_on),
	FIELD("created-on", created_on),
	FIELD("serial", serial),
	FIELD("idevid-issuer", issuer),
	FIELD("nonce", nonce),
	FIELD("prior", prior),
	FIELD("prior-format", prior_format),
	FIELD("prior-legacy", prior_legacy),
	FIELD("pledge-key", pledge_spki_sha256),
	FIELD("pledge-certificate", pledge_certificate_sha256),
	FIELD("pledge-issuer", pledge_issuer),
	FIELD("pledge-issuer-name", pledge_issuer_name_sha256),
	FIELD("proximity", proximity),
	FIELD("agent-cas", agent_cas_len),
	FIELD("agent-cas", agent_cas),
	FIELD("agent-names", agent_names_len),
	FIELD("agent-names", agent_names),
	FIELD("chain", chain_len),
	FIELD("revocation", revocation_unknown),
};

static bool
same_entry(const struct chain_entry *a, const struct chain_entry *b)
{
	return span_eq(a->certificate, b->certificate) &&
	    memcmp(a->spki_sha256, b->spki_sha256, HASH_SIZE) == 0 &&
	    a->domain_id_len == b->domain_id_len &&
	    memcmp(a->domain_id, b->domain_id, a->domain_id_len) == 0 &&
	    a->ca == b->ca && a->self_signed == b->self_signed &&
	    a->not_after == b->not_after &&
	    memcmp(a->issuer_name_sha256, b->issuer_name_sha256, HASH_SIZE) ==
	    0 &&
	    a->public_policy == b->public_policy;
}

const char *
facts_difference(const struct request_facts *a, const struct request_facts *b)
{
	const uint8_t *p = (const uint8_t *)a, *q = (const uint8_t *)b;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (memcmp(p + fields[i].at, q + fields[i].at,
			fields[i].size) != 0)
			return fields[i].name;
	for (i = 0; i < a->chain_len; i++)
		if (!same_entry(&a->chain[i], &b->chain[i]))
			return "chain";
	return NULL;
}

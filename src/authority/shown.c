/*
 * A checker that a stranger owns could say of an operator's file what is not in it, and
 * would have a certificate for a key of its own (doc/decisions/080). So each octet that
 * goes on record, or into what is signed, is looked for in the file, which says nothing
 * of its form: a checker read that.
 */
#include "authority/authority.h"
#include "base/pem.h"
#include "crypto/hash/hash.h"

static uint8_t room[FRAME_MAX];

/* The octets as the checker had them. */
static bool
unwrap(struct span file, const char *label, struct span *der)
{
	size_t len;

	if (!pem_or_der(file, label, room, sizeof(room), &len))
		return false;
	*der = span_of(room, len);
	return true;
}

static bool
has(struct span whole, struct span part)
{
	return part.len == 0 ||
	    memmem(whole.ptr, whole.len, part.ptr, part.len) != NULL;
}

static bool
is_hash(const uint8_t said[HASH_SIZE], struct span of)
{
	uint8_t hash[HASH_SIZE];

	sha256(of, hash);
	return memcmp(hash, said, HASH_SIZE) == 0;
}

/* One that the certificate names, or that stands for its key where it names none. */
static bool
is_key_id(struct span id, struct span certificate,
    const struct certificate_names *names)
{
	uint8_t bits[20];

	sha1(names->key_bits, bits);
	return has(certificate, id) || span_eq(id, span_of(bits, 20)) ||
	    (id.len == HASH_SIZE && is_hash(id.ptr, names->spki));
}

static bool
csr_holds(struct span der, const struct csr_facts *f)
{
	return is_hash(f->csr_sha256, der) && f->spki.len > 0 &&
	    has(der, f->spki) && is_hash(f->spki_sha256, f->spki) &&
	    has(der, span_str(f->serial));
}

static bool
import_holds(struct span der, const struct import_facts *f)
{
	struct certificate_names names;

	return span_eq(f->certificate, der) &&
	    is_hash(f->certificate_sha256, der) &&
	    certificate_names(der, &names) &&
	    is_hash(f->issuer_name_sha256, names.issuer) &&
	    is_hash(f->spki_sha256, names.spki) &&
	    has(names.subject, span_str(f->serial)) &&
	    is_key_id(span_of(f->issuer.bytes, f->issuer.len), der, &names);
}

static bool
certificate_holds(struct span der, const struct certificate_facts *f)
{
	const struct chain_entry *e = &f->entry;
	struct certificate_names names;

	return span_eq(e->certificate, der) && certificate_names(der, &names) &&
	    is_hash(f->name_sha256, names.subject) &&
	    is_hash(e->issuer_name_sha256, names.issuer) &&
	    is_hash(e->spki_sha256, names.spki) &&
	    is_key_id(span_of(e->domain_id, e->domain_id_len), der, &names);
}

bool
shown_holds(
    const struct message_inspect *shown, const struct message_inspected *m)
{
	struct span der;

	switch (m->kind) {
	case INSPECT_CSR:
		return unwrap(shown->bytes, "CERTIFICATE REQUEST", &der) &&
		    csr_holds(der, &m->csr);
	case INSPECT_IMPORT:
		return unwrap(shown->bytes, "CERTIFICATE", &der) &&
		    import_holds(der, &m->import);
	case INSPECT_CERTIFICATE:
		return unwrap(shown->bytes, "CERTIFICATE", &der) &&
		    certificate_holds(der, &m->certificate);
	case INSPECT_LINT:
	case INSPECT_MANIFEST:
		return true;
	}
	return false;
}

/* Products. */
#include "store/internal.h"

#define COLUMNS                                                         \
	"name, token, masa_url, counter_width, check_character, pin, "  \
	"audit_only, emit_id_data, legacy, import_only, "               \
	"key_usage, formats, pin_kind, voucher_limit, proprietary, "    \
	"verified, scheme, subject_key_id, organization, unit, model, " \
	"hw_type, issuance_policy, x5bag"

static void
take_profile(const struct value *row, struct idevid_profile *p)
{
	p->subject_key_id = row[17].number != 0;
	take_text(p->organization, sizeof(p->organization), &row[18]);
	take_text(p->unit, sizeof(p->unit), &row[19]);
	take_text(p->model, sizeof(p->model), &row[20]);
	take_text(p->hw_type, sizeof(p->hw_type), &row[21]);
	p->issuance_policy = row[22].number != 0;
}

/* A number that no program wrote says nothing. */
static enum pin_kind
pin_kind_known(int64_t n)
{
	return n >= PIN_CERTIFICATE && n <= PIN_UNKNOWN ? (enum pin_kind)n
							: PIN_UNKNOWN;
}

static enum bag_place
bag_known(int64_t n)
{
	return n >= BAG_UNPROTECTED && n <= BAG_BOTH ? (enum bag_place)n
						     : BAG_UNPROTECTED;
}

static void
take_product(const struct value *row, struct product *p)
{
	memset(p, 0, sizeof(*p));
	take_text(p->name, sizeof(p->name), &row[0]);
	take_text(p->token, sizeof(p->token), &row[1]);
	take_text(p->masa_url, sizeof(p->masa_url), &row[2]);
	p->counter_width = (unsigned)row[3].number;
	p->check_character = row[4].number != 0;
	p->pin = (enum pin_policy)row[5].number;
	p->audit_only = row[6].number != 0;
	p->emit_id_data = row[7].number != 0;
	p->legacy = (unsigned)row[8].number & LEGACY_ALL;
	p->x5bag = bag_known(row[23].number);
	p->import_only = row[9].number != 0;
	p->profile.key_usage = (enum idevid_usage)row[10].number;
	p->formats = (unsigned)row[11].number;
	p->pin_kind = pin_kind_known(row[12].number);
	p->voucher_limit = (unsigned)row[13].number;
	p->proprietary_len = (unsigned)row[14].bytes.len;
	if (p->proprietary_len > sizeof(p->proprietary))
		p->proprietary_len = 0;
	if (p->proprietary_len > 0)
		memcpy(p->proprietary, row[14].bytes.ptr, p->proprietary_len);
	p->verified = row[15].number != 0;
	take_text(p->scheme, sizeof(p->scheme), &row[16]);
	take_profile(row, &p->profile);
}

struct one_product {
	struct product *out;
	bool found;
};

static bool
first_product(void *context, const struct value *row, unsigned n)
{
	struct one_product *o = context;

	(void)n;
	take_product(row, o->out);
	o->found = true;
	return false;
}

bool
store_product_find(struct store *s, const char *name, struct product *out)
{
	struct one_product o = { .out = out };

	store_read(s, "SELECT " COLUMNS " FROM product WHERE name = ?1",
	    VALUES(value_text(name)), first_product, &o);
	return o.found;
}

struct each_product {
	void (*call)(void *context, const struct product *p);
	void *context;
};

static bool
next_product(void *context, const struct value *row, unsigned n)
{
	struct each_product *e = context;
	struct product p;

	(void)n;
	take_product(row, &p);
	e->call(e->context, &p);
	return true;
}

void
store_product_each(struct store *s,
    void (*call)(void *context, const struct product *p), void *context)
{
	struct each_product e = { call, context };

	store_read(s, "SELECT " COLUMNS " FROM product ORDER BY name", NULL, 0,
	    next_product, &e);
}

bool
store_product_put(struct store *s, const struct product *p)
{
	return store_change(s,
	    "INSERT INTO product (" COLUMNS ") VALUES "
	    "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
	    "?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) ON "
	    "CONFLICT (name) "
	    "DO UPDATE SET token = ?2, masa_url = ?3, counter_width = ?4, "
	    "check_character = ?5, pin = ?6, audit_only = ?7, "
	    "emit_id_data = ?8, legacy = ?9, import_only = ?10, "
	    "key_usage = ?11, formats = ?12, pin_kind = ?13, "
	    "voucher_limit = ?14, proprietary = ?15, verified = ?16, "
	    "scheme = ?17, subject_key_id = ?18, organization = ?19, "
	    "unit = ?20, model = ?21, hw_type = ?22, issuance_policy = ?23, "
	    "x5bag = ?24",
	    VALUES(value_text(p->name), value_text(p->token),
		value_text(p->masa_url), value_number(p->counter_width),
		value_number(p->check_character), value_number(p->pin),
		value_number(p->audit_only), value_number(p->emit_id_data),
		value_number(p->legacy), value_number(p->import_only),
		value_number(p->profile.key_usage), value_number(p->formats),
		value_number(p->pin_kind), value_number(p->voucher_limit),
		value_bytes(p->proprietary, p->proprietary_len),
		value_number(p->verified), value_text(p->scheme),
		value_number(p->profile.subject_key_id),
		value_text(p->profile.organization),
		value_text(p->profile.unit), value_text(p->profile.model),
		value_text(p->profile.hw_type),
		value_number(p->profile.issuance_policy),
		value_number(p->x5bag)));
}

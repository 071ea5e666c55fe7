/* The customers' part of a round in C: a twin of the compiled driver, on the very arrays of a simulation.

   Same order of phases, same random numbers, same storage (float) and arithmetic (double), same order of sums; compiled
   without contraction it gives the same bits (a test). It is written as C that wants to be fast is written: blocks that
   fit the cache, one loop per phase that the compiler turns into SIMD, lists where only some customers take part, and
   buyers ordered by firm so that whatever belongs to a firm stays in registers. Levers are one number per firm.

   layout.h is generated from sim's own declarations: structs State, Firms, Parameters, Network and Log, the constants
   DYAD_*, RECORD_*, CUSTOMER_*, MESSAGE_*, FLOW_*, TOTAL_*, LEVER_*, TRAIT_*, and the kinds of random events. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

#define INLINE static inline __attribute__((always_inline))
#define WORD 0xFFFFFFFFu
#define LOOP _Pragma("GCC ivdep")

/* --------------------------------------------------------------------------------------------------- mathematics */

INLINE double max2(double a, double b) { return b > a ? b : a; }
INLINE double min2(double a, double b) { return b < a ? b : a; }

INLINE double from_bits(int64_t bits) {
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

INLINE int64_t to_bits(double value) {
    int64_t bits;
    memcpy(&bits, &value, 8);
    return bits;
}

#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10

INLINE double exponential(double x) {
    double bounded = min2(max2(x, -708.0), 709.0);
    double n = floor(bounded * 1.4426950408889634 + 0.5);
    double r = (bounded - n * LN2_HIGH) - n * LN2_LOW;
    double q = 2.510038549551032e-08;
    q = q * r + 2.7620088445409746e-07;
    q = q * r + 2.7557268459997064e-06;
    q = q * r + 2.4801521295954376e-05;
    q = q * r + 1.9841269863053618e-04;
    q = q * r + 1.3888888917213717e-03;
    q = q * r + 8.333333333330062e-03;
    q = q * r + 4.166666666662413e-02;
    q = q * r + 1.6666666666666669e-01;
    q = q * r + 5.000000000000001e-01;
    double value = ((r * r) * q + r) + 1.0;
    value = value * from_bits((int64_t)((uint64_t)(to_bits(n + 6755399441055744.0) + 1023) << 52));
    value = x < -708.0 ? 0.0 : value;
    value = x > 709.0 ? INFINITY : value;
    return x == x ? value : x;
}

INLINE double logarithm(double x) {
    int64_t bits = to_bits(x);
    int64_t k = (bits - 0x3FE6A09E667F3BCD) >> 52;
    double m = from_bits(bits - (int64_t)((uint64_t)k << 52));
    double f = m - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double p = 1.479819860511658591e-01;
    p = p * z + 1.531383769920937332e-01;
    p = p * z + 1.818357216161805012e-01;
    p = p * z + 2.222219843214978396e-01;
    p = p * z + 2.857142874366239149e-01;
    p = p * z + 3.999999999940941908e-01;
    p = p * z + 6.666666666666735130e-01;
    p = p * z;
    double half = 0.5 * f * f;
    double e = (double)(int32_t)k;
    double value = e * LN2_HIGH - ((half - (s * (half + p) + e * LN2_LOW)) - f);
    value = x < 2.2250738585072014e-308 ? -INFINITY : value;
    return x == INFINITY ? x : value;
}

INLINE void cos_sin_turn(double u, double *cosine_out, double *sine_out) {
    double quadrant = floor(u * 4.0 + 0.5);
    double r = (u - quadrant * 0.25) * 6.283185307179586;
    double z = r * r;
    double c = -1.13596475577881948265e-11;
    c = c * z + 2.08757232129817482790e-09;
    c = c * z - 2.75573143513906633035e-07;
    c = c * z + 2.48015872894767294178e-05;
    c = c * z - 1.38888888888741095749e-03;
    c = c * z + 4.16666666666666019037e-02;
    double cosine = 1.0 - (0.5 * z - z * z * c);
    double s = 1.58969099521155010221e-10;
    s = s * z - 2.50507602534068634195e-08;
    s = s * z + 2.75573137070700676789e-06;
    s = s * z - 1.98412698298579493134e-04;
    s = s * z + 8.33333333332248946124e-03;
    s = s * z - 1.66666666666666324348e-01;
    double sine = r + r * z * s;
    int odd = (quadrant == 1.0) | (quadrant == 3.0);
    double first = odd ? sine : cosine, second = odd ? cosine : sine;
    *cosine_out = (quadrant == 1.0) | (quadrant == 2.0) ? -first : first;
    *sine_out = (quadrant == 2.0) | (quadrant == 3.0) ? -second : second;
}

/* ------------------------------------------------------------------------------------------------------- scratch */

typedef struct {
    double noise[4][BLOCK], luck[4][BLOCK], distance[BLOCK], stress[BLOCK], overload[BLOCK], leaving[BLOCK];
    double base_price[BLOCK], best[BLOCK], total[BLOCK], bound[BLOCK], own[BLOCK], other[BLOCK], euro[BLOCK];
    double attrition[BLOCK], express[BLOCK], latent[BLOCK];
    double trust[BLOCK], context[BLOCK], expectation[BLOCK], openness[BLOCK], foreseen[BLOCK], aspiration[BLOCK];
    double exit_fee[BLOCK], tailored[BLOCK], value[BLOCK], paid[BLOCK], surplus[BLOCK], effort[BLOCK], evidence[BLOCK];
    double fit[BLOCK], compensation[BLOCK], production[BLOCK], failed[BLOCK], complained[BLOCK];
    uint32_t who[BLOCK], chosen[BLOCK], met[BLOCK], by[BLOCK], number[BLOCK], firm[BLOCK], teller[BLOCK];
    int32_t of[BLOCK];
    int64_t flags[BLOCK];
    double table[]; /* noticed, utility and weight: 3 × F × BLOCK; then per-firm constants */
} Work;

/* One block of customers: lo is the number of its first one in the market. */
typedef struct {
    uint64_t seed;
    int64_t round, lo, n, C, F, K, powers_length;
    const Parameters *p;
    const Firms *f;
    const State *s;
    const Network *network;
    const Log *log;
    const double *means, *powers, *strange, *shrink, *fee;
    double *firm, *market, *noticed, *utility, *weight;
    Work *w;
    int crowded;
} Block;

#define CUSTOMER(row) (b->s->customer + (int64_t)(row) * b->C + b->lo)
#define NEED(k) (b->s->need + (int64_t)(k) * b->C + b->lo)
#define MESSAGE(side, i) (b->s->message + ((int64_t)(side) * b->C + (i)) * MESSAGE_ROWS)
#define TOLD(side) (b->s->told + (int64_t)(side) * b->C)
#define DYAD(row, j) (b->s->dyad + ((int64_t)(row) * b->F + (j)) * b->C + b->lo)
#define SETTLED(j) (b->s->settled + (int64_t)(j) * b->C + b->lo)
#define LEDGER(j, i) (b->s->ledger + ((int64_t)(j) * b->C + b->lo + (i)) * LEDGER_ROWS)
#define RECORD(j, i) (b->s->record + ((int64_t)(j) * b->C + b->lo + (i)) * RECORD_ROWS)
#define FLAGS(j) (b->s->flags + (int64_t)(j) * b->C + b->lo)
#define BELIEF(j, i) (b->s->belief + ((int64_t)(j) * b->C + b->lo + (i)) * b->K)
#define LEVER(row, j) (b->f->lever[(row) * b->F + (j)])
#define TRAIT(row, j) (b->f->trait[(row) * b->F + (j)])
#define FLOW(j, cell) (b->firm[(j) * FLOW_ROWS + (cell)])
#define AWARE FLAG_AWARE
#define IDENTIFIED FLAG_IDENTIFIED
#define OPTED_OUT FLAG_OPTED_OUT
#define MUTUAL (AWARE | IDENTIFIED)

/* -------------------------------------------------------------------------------------------------- random numbers */

/* The middle of one of 2^32 cells of (0, 1), by the bits of 2^52 + word: few processors convert several at a time. */
INLINE double unit(uint64_t word) {
    return (from_bits((int64_t)(word | 0x4330000000000000u)) - (0x1p52 - 0.5)) * 0x1p-32;
}

/* Philox4x32-10 for the n events (customer number[a], firm[a]) of one kind. */
static void draw(const Block *b, uint32_t kind, uint32_t part, int64_t n) {
    Work *w = b->w;
    const uint32_t low = (uint32_t)b->seed, high = (uint32_t)(b->seed >> 32), round = (uint32_t)b->round;
    LOOP for (int64_t a = 0; a < n; a++) { /* 32-bit words in 64-bit lanes: the compiler's SIMD is quickest this way */
        uint64_t c0 = w->number[a], c1 = round, c2 = w->firm[a], c3 = part << 8 | kind, k0 = low, k1 = high;
#pragma GCC unroll 10
        for (int turn = 0; turn < 10; turn++) {
            uint64_t product0 = (c0 & WORD) * 0xD2511F53u, product1 = (c2 & WORD) * 0xCD9E8D57u;
            c0 = (product1 >> 32) ^ c1 ^ k0;
            c1 = product1 & WORD;
            c2 = (product0 >> 32) ^ c3 ^ k1;
            c3 = product0 & WORD;
            k0 = (k0 + 0x9E3779B9u) & WORD;
            k1 = (k1 + 0xBB67AE85u) & WORD;
        }
        w->luck[0][a] = unit(c0);
        w->luck[1][a] = unit(c1);
        w->luck[2][a] = unit(c2);
        w->luck[3][a] = unit(c3);
    }
}

INLINE void normal_pairs(const double *restrict u, const double *restrict v, double *restrict x, double *restrict y,
                         int64_t n) {
    LOOP for (int64_t a = 0; a < n; a++) {
        double radius = sqrt(-2.0 * logarithm(u[a])), cosine, sine;
        cos_sin_turn(v[a], &cosine, &sine);
        x[a] = radius * cosine;
        y[a] = radius * sine;
    }
}

static void draw_normals(const Block *b, uint32_t kind, uint32_t part, int64_t n) {
    Work *w = b->w;
    draw(b, kind, part, n);
    normal_pairs(w->luck[0], w->luck[1], w->noise[0], w->noise[1], n);
    normal_pairs(w->luck[2], w->luck[3], w->noise[2], w->noise[3], n);
}

/* Events of everybody in the block, no firm involved. */
static void number_all(const Block *b) {
    for (int64_t i = 0; i < b->n; i++) {
        b->w->number[i] = (uint32_t)(b->lo + i);
        b->w->firm[i] = 0;
    }
}

/* --------------------------------------------------------------------------------------- before anybody shops */

static void keep_message(const Block *b) {
    int64_t now = b->round & 1, before = 1 - now, active = 0;
    memcpy(TOLD(now) + b->lo, TOLD(before) + b->lo, b->n * sizeof *b->s->told);
    memcpy(MESSAGE(now, b->lo), MESSAGE(before, b->lo), b->n * MESSAGE_ROWS * sizeof *b->s->message);
    const uint8_t *here = b->s->active + b->lo;
    for (int64_t i = 0; i < b->n; i++) active += here[i];
    b->market[TOTAL_ACTIVE] += (double)active;
}

static void drift(const Block *b) {
    Work *w = b->w;
    const double keep = 1.0 - b->p->turbulence, spread = sqrt(1.0 - keep * keep) * b->p->heterogeneity;
    const uint8_t *restrict active = b->s->active + b->lo;
    const int16_t *restrict segment = b->s->segment + b->lo;
    number_all(b);
    for (int64_t k = 0; k < b->K; k++) {
        if (k % 4 == 0) draw_normals(b, RANDOM_DRIFT, (uint32_t)(k / 4), b->n);
        float *restrict need = NEED(k);
        const double *restrict normal = w->noise[k & 3];
        LOOP for (int64_t i = 0; i < b->n; i++) {
            double mean = b->means[(int64_t)(uint16_t)segment[i] * b->K + k], before = need[i];
            double moved = mean + keep * (before - mean) + spread * normal[i];
            need[i] = (float)(active[i] ? moved : before);
        }
    }
}

static void advertise(const Block *b, int64_t j) {
    Work *w = b->w;
    const uint8_t *active = b->s->active + b->lo;
    uint8_t *flags = FLAGS(j);
    int64_t many = 0;
    for (int64_t i = 0; i < b->n; i++) {
        w->met[many] = (uint32_t)i;
        w->number[many] = (uint32_t)(b->lo + i);
        w->firm[many] = (uint32_t)j;
        many += active[i] && !(flags[i] & AWARE);
    }
    draw(b, RANDOM_ADVERTISING, 0, many);
    for (int64_t a = 0; a < many; a++) flags[w->met[a]] |= w->luck[0][a] < LEVER(LEVER_ADVERTISING, j) ? AWARE : 0;
}

static void inform(const Block *b, int64_t j) {
    const Parameters *p = b->p;
    const double content = p->context_gain * p->one_sided_context * LEVER(LEVER_CONTENT, j);
    const double *fade = b->powers, *forget = b->powers + b->powers_length, prior = p->prior_value;
    const uint8_t *restrict active = b->s->active + b->lo, *restrict flags = FLAGS(j);
    float *restrict contexts = DYAD(DYAD_CONTEXT, j), *restrict expectations = DYAD(DYAD_EXPECTATION, j);
    int16_t *restrict settled = SETTLED(j), round = (int16_t)b->round;
    LOOP for (int64_t i = 0; i < b->n; i++) {
        int reached = (active[i] != 0) & ((flags[i] & AWARE) != 0);
        float context_before = contexts[i], expectation_before = expectations[i];
        int16_t since = settled[i];
        int32_t age = round - since;
        double context = context_before * fade[age], power = forget[age];
        double expectation = expectation_before * power + prior * (1.0 - power);
        context = context + content * (1.0 - context);
        contexts[i] = reached ? (float)context : context_before;
        expectations[i] = reached ? (float)expectation : expectation_before;
        settled[i] = reached ? round : since;
    }
}

/* Contacts of firm j; returns how many customers it talks with, listed in met, number and firm. */
static int64_t contact(const Block *b, int64_t j) {
    Work *w = b->w;
    const Parameters *p = b->p;
    const double tailoring = LEVER(LEVER_PERSONALISATION, j), share = TRAIT(TRAIT_RELEVANCE, j) * tailoring;
    const double contacts = LEVER(LEVER_CONTACTS, j), seen = 1.0 - exponential(-contacts), wide = 2.0 * (double)b->K;
    const double carryover = p->fatigue_carryover, listening = LEVER(LEVER_LISTENING, j);
    const uint8_t *restrict active = b->s->active + b->lo, *restrict flags = FLAGS(j), present = b->f->present[j];
    float *restrict fatigue = DYAD(DYAD_FATIGUE, j);
    double *restrict noticed = b->noticed + j * BLOCK, *restrict distance = w->distance;
    if (tailoring > 0.0) {
        memset(distance, 0, sizeof w->distance);
        const double pooling = LEVER(LEVER_POOLING, j);
        int64_t k = 0;
        for (; k + 3 < b->K && pooling == 0.0; k += 4) {
            const float *restrict n0 = NEED(k), *restrict n1 = NEED(k + 1), *restrict n2 = NEED(k + 2);
            const float *restrict n3 = NEED(k + 3), *restrict belief = BELIEF(j, 0) + k;
            LOOP for (int64_t i = 0; i < b->n; i++) {
                const float *own = belief + i * b->K;
                double g0 = (double)n0[i] - (double)own[0], g1 = (double)n1[i] - (double)own[1];
                double g2 = (double)n2[i] - (double)own[2], g3 = (double)n3[i] - (double)own[3];
                distance[i] = distance[i] + g0 * g0 + g1 * g1 + g2 * g2 + g3 * g3;
            }
        }
        for (; k < b->K; k++) {
            const float *restrict need = NEED(k), *restrict belief = BELIEF(j, 0) + k;
            const double average = b->f->average[j * b->K + k];
            LOOP for (int64_t i = 0; i < b->n; i++) {
                double own = belief[i * b->K], gap = need[i] - (own + pooling * (average - own));
                distance[i] += gap * gap;
            }
        }
        LOOP for (int64_t i = 0; i < b->n; i++) distance[i] = share * exponential(-distance[i] / wide);
    } else {
        memset(distance, 0, sizeof w->distance);
    }
    LOOP for (int64_t i = 0; i < b->n; i++) {
        int open = present && active[i] && (flags[i] & (IDENTIFIED | OPTED_OUT)) == IDENTIFIED;
        double sent = open ? contacts : 0.0, before = fatigue[i];
        double after = carryover * before + sent * (1.0 - distance[i]);
        fatigue[i] = (float)(active[i] ? after : before);
        noticed[i] = open ? seen : 0.0;
        w->who[i] = open && contacts > 0.0;
    }
    double sent = FLOW(j, FLOW_CONTACTS);
    int64_t many = 0;
    for (int64_t i = 0; i < b->n; i++) {
        sent += w->who[i] ? contacts : 0.0;
        w->met[many] = (uint32_t)i;
        many += w->who[i];
    }
    FLOW(j, FLOW_CONTACTS) = sent;
    if (!(listening > 0.0)) return 0;
    const double reading = TRAIT(TRAIT_READING, j), imagination = TRAIT(TRAIT_IMAGINATION, j);
    const double *fade = b->powers, *forget = b->powers + b->powers_length, prior = p->prior_value;
    const double gain = p->context_gain, talk = listening * seen;
    const float *restrict openness = CUSTOMER(CUSTOMER_OPENNESS), *restrict trusts = DYAD(DYAD_TRUST, j);
    float *restrict contexts = DYAD(DYAD_CONTEXT, j), *restrict expectations = DYAD(DYAD_EXPECTATION, j);
    int16_t *restrict settled = SETTLED(j), round = (int16_t)b->round;
    LOOP for (int64_t a = 0; a < many; a++) {
        uint32_t i = w->met[a];
        double open = openness[i], share = talk * open, trust = trusts[i];
        int32_t age = round - settled[i];
        double context = contexts[i] * fade[age], power = forget[age];
        expectations[i] = (float)(expectations[i] * power + prior * (1.0 - power));
        context = context + share * gain * (1.0 - context);
        contexts[i] = (float)context;
        settled[i] = round;
        w->express[a] = share * (reading * (open + (1.0 - open) * trust));
        w->latent[a] = share * (imagination * context * trust);
        w->number[a] = (uint32_t)b->lo + i;
        w->firm[a] = (uint32_t)j;
    }
    return many;
}

/* Beliefs of firms w->firm about customers w->met move towards what was observed of their needs. */
static void learn_needs(const Block *b, uint32_t kind, int64_t many) {
    Work *w = b->w;
    for (int64_t k = 0; k < b->K; k++) {
        if (k % 4 == 0) draw_normals(b, kind, (uint32_t)(k / 4), many);
        const double *restrict rate = k >= b->K - b->p->latent_dimensions ? w->latent : w->express;
        const double *restrict normal = w->noise[k & 3], noise = b->p->observation_noise;
        const float *restrict need = NEED(k);
        float *restrict belief = BELIEF(0, 0) + k;
        LOOP for (int64_t a = 0; a < many; a++) {
            int64_t i = w->met[a], at = ((int64_t)w->firm[a] * b->C + i) * b->K;
            double seen = need[i] + noise * normal[a], before = belief[at];
            belief[at] = (float)(before + rate[a] * (seen - before));
        }
    }
}

static void book_dyad(const Block *b, int64_t j, int64_t i, double revenue, double margin, double surplus) {
    float *ledger = LEDGER(j, i);
    ledger[LEDGER_REVENUE] = (float)(ledger[LEDGER_REVENUE] + revenue);
    ledger[LEDGER_MARGIN] = (float)(ledger[LEDGER_MARGIN] + margin);
    ledger[LEDGER_SURPLUS] = (float)(ledger[LEDGER_SURPLUS] + surplus);
}

INLINE double trust_after(double gain, double loss, double before, double evidence) {
    double up = before + gain * evidence * (1.0 - before), down = before + loss * evidence * before;
    return evidence > 0.0 ? up : down;
}

static void crowd(const Block *b) {
    Work *w = b->w;
    const Parameters *p = b->p;
    const uint8_t *restrict active = b->s->active + b->lo;
    memset(w->stress, 0, sizeof w->stress);
    for (int64_t j = 0; j < b->F; j++) {
        if (!b->s->contacted[j]) continue;
        const float *restrict fatigue = DYAD(DYAD_FATIGUE, j);
        LOOP for (int64_t i = 0; i < b->n; i++) w->stress[i] += fatigue[i];
    }
    float *restrict stored = CUSTOMER(CUSTOMER_STRESS);
    const float *restrict tolerance = CUSTOMER(CUSTOMER_CONTACT_TOLERANCE);
    LOOP for (int64_t i = 0; i < b->n; i++) {
        double stress = w->stress[i];
        stored[i] = active[i] ? (float)stress : stored[i];
        w->overload[i] = max2(0.0, stress - tolerance[i]) / max2(stress, 1e-9);
    }
    double stress = b->market[TOTAL_STRESS], overload = b->market[TOTAL_OVERLOAD];
    for (int64_t i = 0; i < b->n; i++) {
        stress += active[i] ? w->stress[i] : 0.0;
        overload += active[i] ? w->overload[i] : 0.0;
    }
    b->market[TOTAL_STRESS] = stress;
    b->market[TOTAL_OVERLOAD] = overload;
    for (int64_t j = 0; j < b->F; j++) {
        if (!b->s->contacted[j] || !b->f->present[j]) continue;
        const double fee = LEVER(LEVER_OPT_OUT_FEE, j), limit = p->opt_out_threshold + fee, weary = p->fatigue_weight;
        const float *restrict fatigue = DYAD(DYAD_FATIGUE, j);
        uint8_t *restrict flags = FLAGS(j);
        uint32_t many = 0;
        LOOP for (int64_t i = 0; i < b->n; i++) {
            int open = ((flags[i] & (IDENTIFIED | OPTED_OUT)) == IDENTIFIED) & (active[i] != 0);
            uint32_t leaves = open & (weary * fatigue[i] * w->overload[i] > limit);
            w->who[i] = leaves;
            many += leaves;
        }
        if (!many) continue;
        FLOW(j, FLOW_OPT_OUTS) += (double)many;
        for (int64_t i = 0; i < b->n; i++) {
            if (!w->who[i]) continue;
            flags[i] |= OPTED_OUT;
            if (fee > 0.0) {
                float *trust = DYAD(DYAD_TRUST, j) + i;
                FLOW(j, FLOW_OPT_OUT_FEES) += fee;
                double evidence = -min2(1.0, fee / p->goodwill_scale);
                *trust = (float)trust_after(p->trust_gain, p->trust_loss, *trust, evidence);
                book_dyad(b, j, i, fee, fee, -fee);
            }
        }
    }
}

INLINE int64_t neighbour(const Block *b, int64_t i, double u) {
    const Network *network = b->network;
    if (network->kind == NETWORK_MIXING) {
        int64_t k = (int64_t)(u * (double)(b->C - 1));
        return k < i ? k : k + 1;
    }
    int64_t first = network->start[i], degree = network->start[i + 1] - first;
    return degree > 0 ? network->neighbours[first + (int64_t)(u * (double)degree)] : -1;
}

static void hear(const Block *b) {
    Work *w = b->w;
    const Parameters *p = b->p;
    int64_t before = 1 - (b->round & 1), many = 0, some = 0;
    const uint8_t *active = b->s->active + b->lo;
    const float *talkativeness = CUSTOMER(CUSTOMER_TALKATIVENESS);
    for (int64_t i = 0; i < b->n; i++) {
        w->met[many] = (uint32_t)i;
        many += active[i] & (w->luck[1][i] < talkativeness[i]);
    }
    const int16_t *told = TOLD(before);
    for (int64_t a = 0; a < many; a++) { /* all tellers first: their messages lie anywhere in memory */
        int64_t teller = neighbour(b, b->lo + w->met[a], w->luck[2][w->met[a]]);
        if (teller < 0) continue;
        w->met[some] = w->met[a];
        w->teller[some++] = (uint32_t)teller;
        __builtin_prefetch(told + teller);
        __builtin_prefetch(MESSAGE(before, teller));
    }
    for (int64_t a = 0; a < some; a++) {
        int64_t i = w->met[a], teller = w->teller[a], j = told[teller];
        if (j < 0 || !b->f->present[j]) continue;
        int16_t *settled = SETTLED(j) + i;
        float *contexts = DYAD(DYAD_CONTEXT, j) + i, *expectations = DYAD(DYAD_EXPECTATION, j) + i;
        float *trusts = DYAD(DYAD_TRUST, j) + i;
        double context = *contexts * b->powers[b->round - *settled];
        double power = b->powers[b->powers_length + b->round - *settled];
        double expectation = *expectations * power + p->prior_value * (1.0 - power), trust = *trusts;
        double evidence = MESSAGE(before, teller)[MESSAGE_EVIDENCE];
        double loudness = evidence < 0.0 ? 1.0 + p->bad_news_bias : 1.0;
        double weight = min2(1.0, p->hearsay_weight * (1.0 - context) * loudness);
        *settled = (int16_t)b->round;
        *contexts = (float)context;
        *expectations = (float)(expectation + weight * (MESSAGE(before, teller)[MESSAGE_VALUE] - expectation));
        *trusts = (float)(trust + weight * (MESSAGE(before, teller)[MESSAGE_TRUST] - trust));
        FLAGS(j)[i] |= AWARE;
    }
}

/* ------------------------------------------------------------------------------------ from the need to the lesson */

/* Utility of firm j for `count` customers: those listed in who, or everybody in the block. The flags are constants
   where this is inlined: tastes declared, paid by outcome, ever in contact, expectations fade. */
INLINE void appraise_firm(const Block *b, int64_t j, int64_t count, const int everybody, const int tasted,
                          const int by_outcome, const int contacted, const int forgets) {
    Work *w = b->w;
    const Parameters *p = b->p;
    const double *fade = b->powers, *forget = b->powers + b->powers_length, prior = p->prior_value;
    const double price = LEVER(LEVER_PRICE, j), share = LEVER(LEVER_OUTCOME_SHARE, j), strange = b->strange[j];
    const double asked = price + LEVER(LEVER_TRANSPARENCY, j) * LEVER(LEVER_SURCHARGE, j);
    const double theta = p->price_tolerance, comfortable = p->trust_weight, salience = p->salience;
    const double weary = p->fatigue_weight, *restrict noticed = b->noticed + j * BLOCK;
    const int16_t *restrict suppliers = b->s->supplier + b->lo, *restrict settled = SETTLED(j);
    const int16_t round = (int16_t)b->round;
    const uint8_t *restrict flags = FLAGS(j);
    const float *restrict alpha = CUSTOMER(CUSTOMER_PRICE_SENSITIVITY), *restrict taste = b->s->taste + j * b->C + b->lo;
    const float *restrict rho = CUSTOMER(CUSTOMER_RELATIONAL_ORIENTATION), *restrict fatigue = DYAD(DYAD_FATIGUE, j);
    const float *restrict contexts = DYAD(DYAD_CONTEXT, j), *restrict expectations = DYAD(DYAD_EXPECTATION, j);
    const float *restrict trusts = DYAD(DYAD_TRUST, j), *restrict surcharges = DYAD(DYAD_EXPECTED_SURCHARGE, j);
    double *restrict utilities = b->utility + j * BLOCK;
    LOOP for (int64_t a = 0; a < count; a++) {
        int64_t i = everybody ? a : w->who[a];
        int32_t age = round - settled[i];
        double context = contexts[i] * fade[age], expectation = expectations[i];
        if (forgets) expectation = expectation * forget[age] + prior * (1.0 - forget[age]);
        double trust = trusts[i], orientation = rho[i];
        double expected = by_outcome ? share * max2(expectation, 0.0) : asked + surcharges[i];
        double euro = alpha[i] * (1.0 - theta * orientation * trust);
        double utility = expectation;
        if (tasted) utility += taste[i];
        utility = utility - euro * expected - strange * (1.0 - context) + comfortable * orientation * trust;
        if (contacted) {
            double seen = flags[i] & OPTED_OUT ? 0.0 : noticed[i];
            utility = utility - weary * fatigue[i] * w->overload[i] + salience * seen;
        }
        int mine = suppliers[i] == j;
        utility -= mine ? 0.0 : w->leaving[a];
        utility = flags[i] & AWARE ? utility : -INFINITY;
        utilities[a] = utility;
        double even = utility + euro * (price - w->base_price[a]), best = max2(w->other[a], even);
        w->own[a] = mine ? even : w->own[a];
        w->euro[a] = mine ? euro : w->euro[a];
        w->other[a] = mine ? w->other[a] : best;
    }
}

INLINE void appraise_some(const Block *b, int64_t count, const int everybody) {
    Work *w = b->w;
    const int16_t *restrict suppliers = b->s->supplier + b->lo;
    const float *restrict inertia = CUSTOMER(CUSTOMER_INERTIA), *restrict alpha = CUSTOMER(CUSTOMER_PRICE_SENSITIVITY);
    const double *restrict prices = b->f->lever + LEVER_PRICE * b->F, *restrict fees = b->fee;
    LOOP for (int64_t a = 0; a < count; a++) {
        int64_t i = everybody ? a : w->who[a];
        int32_t supplier = suppliers[i] >= 0 ? suppliers[i] : 0;
        double penalty = inertia[i] + alpha[i] * fees[supplier];
        w->own[a] = -INFINITY;
        w->other[a] = -INFINITY;
        w->leaving[a] = suppliers[i] >= 0 ? penalty : 0.0;
        w->base_price[a] = prices[supplier];
    }
    const int forgets = b->powers[b->powers_length + 1] != 1.0, tasted = b->s->taste_rows > 0;
    for (int64_t j = 0; j < b->F; j++) {
        double *restrict utilities = b->utility + j * BLOCK;
        const int by_outcome = LEVER(LEVER_OUTCOME_SHARE, j) > 0.0, contacted = b->s->contacted[j] != 0;
        if (!b->f->present[j])
            for (int64_t a = 0; a < count; a++) utilities[a] = -INFINITY;
        else if (forgets || tasted) { /* rare: fewer copies of the loop */
            if (by_outcome && tasted) appraise_firm(b, j, count, everybody, 1, 1, 1, 1);
            else if (by_outcome) appraise_firm(b, j, count, everybody, 0, 1, 1, 1);
            else if (tasted) appraise_firm(b, j, count, everybody, 1, 0, 1, 1);
            else appraise_firm(b, j, count, everybody, 0, 0, 1, 1);
        } else if (by_outcome) {
            appraise_firm(b, j, count, everybody, 0, 1, 1, 0);
        } else if (contacted) {
            appraise_firm(b, j, count, everybody, 0, 0, 1, 0);
        } else {
            appraise_firm(b, j, count, everybody, 0, 0, 0, 0);
        }
    }
}

static void appraise(const Block *b, int64_t shoppers, int everybody) {
    if (everybody)
        appraise_some(b, b->n, 1);
    else
        appraise_some(b, shoppers, 0);
}

/* Choices of the listed customers; lists and counts those who buy. */
static int64_t choose(const Block *b, int64_t shoppers, int everybody) {
    Work *w = b->w;
    const Parameters *p = b->p;
    const int logit = p->choice == CHOICE_LOGIT, hotelling = p->choice == CHOICE_HOTELLING;
    const double outside = p->outside_option ? p->outside_utility : -INFINITY, precision = p->choice_precision;
    for (int64_t a = 0; a < shoppers; a++) {
        w->number[a] = (uint32_t)b->lo + w->who[a];
        w->firm[a] = 0;
    }
    draw(b, RANDOM_CHOICE, 0, shoppers);
    for (int64_t a = 0; a < shoppers; a++) w->best[a] = outside;
    for (int64_t j = 0; j < b->F; j++) {
        const double *restrict utilities = b->utility + j * BLOCK;
        double *restrict weights = b->weight + j * BLOCK;
        LOOP for (int64_t a = 0; a < shoppers; a++) {
            double utility = utilities[everybody ? w->who[a] : (uint32_t)a];
            if (hotelling) utility -= p->transport_cost * fabs(w->luck[1][a] - (double)j);
            weights[a] = utility;
            w->best[a] = max2(w->best[a], utility);
        }
    }
    for (int64_t a = 0; a < shoppers; a++) w->total[a] = 0.0;
    for (int64_t j = 0; j < b->F; j++) {
        double *restrict weights = b->weight + j * BLOCK;
        if (logit) {
            LOOP for (int64_t a = 0; a < shoppers; a++) {
                double weight = exponential(precision * (weights[a] - w->best[a]));
                weights[a] = w->best[a] > -INFINITY ? weight : 0.0;
                w->total[a] += weights[a];
            }
        } else {
            LOOP for (int64_t a = 0; a < shoppers; a++) {
                weights[a] = weights[a] == w->best[a] ? 1.0 : 0.0;
                w->total[a] += weights[a];
            }
        }
    }
    LOOP for (int64_t a = 0; a < shoppers; a++) {
        double weight = exponential(precision * (outside - w->best[a]));
        weight = logit ? (w->best[a] > -INFINITY ? weight : 0.0) : (outside == w->best[a] ? 1.0 : 0.0);
        w->bound[a] = (w->total[a] + (p->outside_option ? weight : 0.0)) * w->luck[0][a];
        w->total[a] = 0.0;
        w->chosen[a] = 0;
    }
    for (int64_t j = 0; j < b->F; j++) {
        const double *restrict weights = b->weight + j * BLOCK;
        LOOP for (int64_t a = 0; a < shoppers; a++) {
            w->total[a] += weights[a];
            w->chosen[a] += w->total[a] <= w->bound[a];
        }
    }
    LOOP for (int64_t a = 0; a < shoppers; a++) {
        uint32_t at = everybody ? w->who[a] : (uint32_t)a;
        double cost = (w->own[at] - w->other[at]) / w->euro[at];
        int counts = w->own[at] > -INFINITY && w->other[at] > -INFINITY;
        w->total[a] = counts ? cost : 0.0;
        w->met[a] = counts;
    }
    double cost = b->market[TOTAL_SWITCHING_COST];
    int64_t switchable = 0, buyers = 0;
    for (int64_t a = 0; a < shoppers; a++) {
        cost += w->total[a];
        switchable += w->met[a];
        w->who[buyers] = w->who[a];
        w->chosen[buyers] = w->chosen[a];
        w->attrition[buyers] = w->luck[2][a];
        buyers += (w->chosen[a] < b->F) & (w->best[a] > -INFINITY);
    }
    b->market[TOTAL_SWITCHABLE] += (double)switchable;
    b->market[TOTAL_SWITCHING_COST] = cost;
    return buyers;
}

/* Sort buyers by firm, keeping their order: of[a] is the place in who and chosen of the a-th. start: F + 1 numbers. */
static void by_firm(const Block *b, int64_t buyers, int32_t *start) {
    Work *w = b->w;
    memset(start, 0, (b->F + 1) * sizeof *start);
    for (int64_t a = 0; a < buyers; a++) start[w->chosen[a] + 1]++;
    for (int64_t j = 0; j < b->F; j++) start[j + 1] += start[j];
    for (int64_t a = 0; a < buyers; a++) w->of[start[w->chosen[a]]++] = (int32_t)a;
    for (int64_t j = b->F; j > 0; j--) start[j] = start[j - 1];
    start[0] = 0;
    for (int64_t a = 0; a < buyers; a++) {
        w->by[a] = w->who[w->of[a]];
        w->firm[a] = w->chosen[w->of[a]];
        w->number[a] = (uint32_t)b->lo + w->by[a];
        w->stress[a] = w->attrition[w->of[a]];
    }
    memcpy(w->who, w->by, buyers * sizeof *w->who);
    memcpy(w->attrition, w->stress, buyers * sizeof *w->attrition);
}

/* Encounters with firm j of the buyers from `first` to `end`. */
static void meet_firm(const Block *b, int64_t j, int64_t first, int64_t end) {
    Work *w = b->w;
    const Parameters *p = b->p;
    const int16_t round = (int16_t)b->round;
    const double *fade = b->powers, *forget = b->powers + b->powers_length, prior = p->prior_value;
    const double imagination = TRAIT(TRAIT_IMAGINATION, j), reading = TRAIT(TRAIT_READING, j);
    const double follows = TRAIT(TRAIT_RELEVANCE, j), tailoring = LEVER(LEVER_PERSONALISATION, j);
    const double quality = LEVER(LEVER_QUALITY, j), listening = LEVER(LEVER_LISTENING, j);
    const double share = LEVER(LEVER_OUTCOME_SHARE, j), transparency = LEVER(LEVER_TRANSPARENCY, j);
    const double surcharge = share > 0.0 ? 0.0 : LEVER(LEVER_SURCHARGE, j), strange = b->strange[j];
    const double price = LEVER(LEVER_PRICE, j) + surcharge, hidden = (1.0 - transparency) * surcharge;
    const double failure = TRAIT(TRAIT_FAILURE_RATE, j), repair = LEVER(LEVER_CARE, j) * p->failure_loss;
    const double dearer = 1.0 + TRAIT(TRAIT_QUALITY_COST, j) * (quality - 1.0);
    const double unit = TRAIT(TRAIT_UNIT_COST, j) * (dearer > 0.0 ? dearer : 0.0);
    const double efficiency = TRAIT(TRAIT_STANDARDISATION_EFFICIENCY, j), each = TRAIT(TRAIT_PERSONALISATION_COST, j);
    const double worth = p->base_value * (TRAIT(TRAIT_QUALITY, j) * quality), together = p->cocreation * imagination;
    const double pooling = LEVER(LEVER_POOLING, j), narrow = -0.5 * b->shrink[j], credit = p->transparency_credit * transparency, K = (double)b->K;
    const double sided = p->context_gain * p->one_sided_context, gain = p->context_gain;
    const int64_t memory = LEVER(LEVER_MEMORY, j) > 0.0 ? IDENTIFIED : 0;
    const double won = p->trust_gain, lost_trust = p->trust_loss, loss = p->failure_loss, noise = p->value_noise;
    const double floor_voice = p->voice_floor, aversion = p->loss_aversion, scale = p->goodwill_scale;
    const double surcharge_rate = p->surcharge_learning, value_rate = p->value_learning;
    const double aspiration_rate = p->aspiration_learning;
    const int outcome = share > 0.0;
    const float *restrict openness = CUSTOMER(CUSTOMER_OPENNESS);
    const int16_t *restrict suppliers = b->s->supplier + b->lo;
    float *restrict aspirations = CUSTOMER(CUSTOMER_ASPIRATION), *restrict trusts = DYAD(DYAD_TRUST, j);
    float *restrict contexts = DYAD(DYAD_CONTEXT, j), *restrict expectations = DYAD(DYAD_EXPECTATION, j);
    float *restrict surcharges = DYAD(DYAD_EXPECTED_SURCHARGE, j);
    int16_t *restrict settled = SETTLED(j);
    uint8_t *restrict flags = FLAGS(j);

    for (int64_t a = first; a < end; a++) { /* fetch */
        uint32_t i = w->who[a];
        int32_t age = round - settled[i], supplier = suppliers[i];
        double power = forget[age];
        w->context[a] = contexts[i] * fade[age];
        w->expectation[a] = expectations[i] * power + prior * (1.0 - power);
        w->trust[a] = trusts[i];
        w->openness[a] = openness[i];
        w->foreseen[a] = surcharges[i];
        w->aspiration[a] = aspirations[i];
        w->exit_fee[a] = supplier >= 0 && supplier != j ? b->fee[supplier >= 0 ? supplier : 0] : 0.0;
        w->tailored[a] = flags[i] & IDENTIFIED ? tailoring : 0.0;
        w->flags[a] = flags[i];
        w->distance[a] = 0.0;
    }
    for (int64_t k = 0; k < b->K; k++) {
        const double position = b->f->position[j * b->K + k], average = b->f->average[j * b->K + k];
        const float *restrict need = NEED(k), *restrict belief = BELIEF(j, 0) + k;
        LOOP for (int64_t a = first; a < end; a++) {
            uint32_t i = w->who[a];
            double own = belief[(int64_t)i * b->K], believed = own + pooling * (average - own);
            double gap = need[i] - (position + follows * w->tailored[a] * (believed - position));
            w->distance[a] += gap * gap;
        }
    }
    LOOP for (int64_t a = first; a < end; a++) { /* delivery, payment, lesson */
        double trust = w->trust[a], context = w->context[a], open = w->openness[a], tailored = w->tailored[a];
        double fit = exponential(narrow * w->distance[a] / K);
        double work = 1.0 + together * context * trust * open;
        work = (w->flags[a] & MUTUAL) == MUTUAL ? work : 1.0;
        double value = worth * fit * work + noise * w->noise[0][a];
        double voiced = listening * (floor_voice + (1.0 - floor_voice) * trust);
        double lost = value - loss, repaired = lost + repair;
        double answered = w->luck[1][a] < voiced ? repaired : lost, made_good = w->luck[1][a] < voiced ? repair : 0.0;
        double complains = w->luck[1][a] < voiced ? 1.0 : 0.0;
        int fails = w->luck[0][a] < failure;
        value = fails ? answered : value;
        double paid = outcome ? share * max2(value, 0.0) : price;
        double effort = strange * (1.0 - context), surplus = value - paid - w->exit_fee[a] - effort;
        double surprise = outcome ? 0.0 : hidden - w->foreseen[a];
        double evidence = (surplus - w->aspiration[a] - aversion * max2(surprise, 0.0)) / scale;
        evidence = min2(1.0, max2(-1.0, evidence + credit));
        trust = trust_after(won, lost_trust, trust, evidence);
        double nearer = ((w->flags[a] | memory) & MUTUAL) == MUTUAL ? gain : sided;
        context = context + nearer * (1.0 - context);
        w->express[a] = reading * (open + (1.0 - open) * trust);
        w->latent[a] = imagination * context * trust;
        w->foreseen[a] = w->foreseen[a] + surcharge_rate * surprise;
        w->expectation[a] = w->expectation[a] + value_rate * (value - w->expectation[a]);
        w->aspiration[a] = w->aspiration[a] + aspiration_rate * (surplus - w->aspiration[a]);
        w->trust[a] = trust;
        w->context[a] = context;
        w->fit[a] = fit;
        w->value[a] = value;
        w->paid[a] = paid;
        w->effort[a] = effort;
        w->surplus[a] = surplus;
        w->evidence[a] = evidence;
        w->compensation[a] = fails ? made_good : 0.0;
        w->production[a] = unit * (1.0 - efficiency * (1.0 - tailored));
        w->failed[a] = fails ? 1.0 : 0.0;
        w->complained[a] = fails ? complains : 0.0;
    }
    const int16_t now = b->round & 1;
    int16_t *restrict told = TOLD(now) + b->lo, *restrict supplier = b->s->supplier + b->lo;
    int64_t arrived = 0;
    for (int64_t a = first; a < end; a++) { /* the supplier that was left; few are */
        uint32_t i = w->who[a];
        int64_t old = supplier[i];
        arrived += old < 0;
        if (old < 0 || old == j) continue;
        FLOW(old, FLOW_LOST) += 1.0;
        FLOW(j, FLOW_WON) += 1.0;
        if (b->fee[old] > 0.0) {
            FLOW(old, FLOW_EXIT_FEES) += b->fee[old];
            book_dyad(b, old, i, b->fee[old], b->fee[old], 0.0);
        }
    }
    FLOW(j, FLOW_NEWCOMERS) += (double)arrived;
    double newly = 0.0, identified = 0.0;
    for (int64_t a = first; a < end; a++) { /* store */
        uint32_t i = w->who[a];
        double paid = w->paid[a], surplus = w->surplus[a];
        double margin = paid - w->production[a] - each * w->tailored[a] - w->compensation[a];
        trusts[i] = (float)w->trust[a];
        contexts[i] = (float)w->context[a];
        expectations[i] = (float)w->expectation[a];
        surcharges[i] = (float)w->foreseen[a];
        aspirations[i] = (float)w->aspiration[a];
        book_dyad(b, j, i, paid, margin, surplus);
        settled[i] = (int16_t)(round + 1);
        float *message = MESSAGE(now, b->lo + i);
        message[MESSAGE_VALUE] = (float)w->value[a];
        message[MESSAGE_TRUST] = (float)w->trust[a];
        message[MESSAGE_EVIDENCE] = (float)w->evidence[a];
        told[i] = (int16_t)j;
        supplier[i] = (int16_t)j;
        int16_t *record = RECORD(j, i);
        record[RECORD_LAST_ROUND] = round;
        newly += record[RECORD_PURCHASES] == 0 ? 1.0 : 0.0;
        record[RECORD_FIRST_ROUND] = record[RECORD_PURCHASES] == 0 ? round : record[RECORD_FIRST_ROUND];
        record[RECORD_PURCHASES]++;
        uint8_t after = (uint8_t)(w->flags[a] | memory);
        identified += after != w->flags[a] ? 1.0 : 0.0;
        flags[i] = after;
        w->flags[a] = (after & MUTUAL) == MUTUAL;
    }
    double *flow = &FLOW(j, 0);
    double sales = flow[FLOW_SALES], charged = flow[FLOW_SURCHARGES], made = flow[FLOW_PRODUCTION];
    double tailored = flow[FLOW_PERSONALISATION], repairs = flow[FLOW_COMPENSATION], trust = flow[FLOW_TRUST];
    double context = flow[FLOW_CONTEXT], fit = flow[FLOW_FIT], surplus = flow[FLOW_SURPLUS], effort = flow[FLOW_EFFORT];
    double value = flow[FLOW_VALUE], evidence = flow[FLOW_EVIDENCE], failed = 0.0, complained = 0.0;
    for (int64_t a = first; a < end; a++) {
        sales += w->paid[a] - surcharge;
        charged += surcharge;
        made += w->production[a];
        tailored += each * w->tailored[a];
        repairs += w->compensation[a];
        trust += w->trust[a];
        context += w->context[a];
        fit += w->fit[a];
        surplus += w->surplus[a];
        effort += w->effort[a];
        value += w->value[a];
        evidence += w->evidence[a];
        failed += w->failed[a];
        complained += w->complained[a];
    }
    flow[FLOW_SALES] = sales, flow[FLOW_SURCHARGES] = charged, flow[FLOW_PRODUCTION] = made;
    flow[FLOW_PERSONALISATION] = tailored, flow[FLOW_COMPENSATION] = repairs, flow[FLOW_TRUST] = trust;
    flow[FLOW_CONTEXT] = context, flow[FLOW_FIT] = fit, flow[FLOW_SURPLUS] = surplus, flow[FLOW_EFFORT] = effort;
    flow[FLOW_VALUE] = value, flow[FLOW_EVIDENCE] = evidence;
    flow[FLOW_PURCHASES] += (double)(end - first), flow[FLOW_FIRST_TIME] += newly, flow[FLOW_MET] += identified;
    flow[FLOW_FAILURES] += failed, flow[FLOW_COMPLAINTS] += complained;
    if (complained > 0.0)
        for (int64_t a = first; a < end; a++) RECORD(j, w->who[a])[RECORD_COMPLAINTS] += w->complained[a] > 0.0;
    if (b->log->firm_rows)
        for (int64_t a = first; a < end; a++) {
            int64_t at = b->lo + w->who[a];
            b->log->firm[at] = (int16_t)j;
            b->log->price[at] = w->paid[a] - surcharge;
            b->log->surcharge[at] = surcharge;
            b->log->value[at] = w->value[a];
        }
}

/* Encounters of the listed buyers; returns how many of them a firm learns about, listed in met, number and firm. */
static int64_t meet(const Block *b, int64_t buyers, int32_t *start) {
    Work *w = b->w;
    by_firm(b, buyers, start);
    draw(b, RANDOM_DELIVERY, 0, buyers);
    normal_pairs(w->luck[2], w->luck[3], w->noise[0], w->noise[1], buyers);
    for (int64_t j = 0; j < b->F; j++)
        if (start[j + 1] > start[j]) meet_firm(b, j, start[j], start[j + 1]);
    const float *attrition = CUSTOMER(CUSTOMER_ATTRITION);
    int64_t learners = 0;
    for (int64_t a = 0; a < buyers; a++) {
        uint32_t i = w->who[a];
        if (w->attrition[a] < attrition[i]) {
            b->s->active[b->lo + i] = 0;
            TOLD(b->round & 1)[b->lo + i] = -1;
            b->market[TOTAL_DEPARTURES] += 1.0;
            for (int64_t j = 0; j < b->F; j++) FLOW(j, FLOW_FORGOTTEN) += FLAGS(j)[i] & IDENTIFIED ? 1.0 : 0.0;
        }
        w->met[learners] = i;
        w->number[learners] = (uint32_t)b->lo + i;
        w->firm[learners] = w->firm[a];
        w->express[learners] = w->express[a];
        w->latent[learners] = w->latent[a];
        learners += w->flags[a];
    }
    return learners;
}

/* ------------------------------------------------------------------------------------------------------ the round */

#ifdef PHASES
#define PHASE(name) (phases[PHASE_##name] += __builtin_ia32_rdtsc() - clock, clock = __builtin_ia32_rdtsc())
#else
#define PHASE(name) ((void)0)
#endif
enum { PHASE_keep_message, PHASE_drift, PHASE_advertise, PHASE_inform, PHASE_contact, PHASE_learn_needs, PHASE_crowd,
       PHASE_hear, PHASE_appraise, PHASE_choose, PHASE_meet, PHASE_other };

/* Chunks first_chunk…last_chunk−1 of one round; phases: 12 clock counts, or unused. Returns 0, or 1 without memory. */
int play(uint64_t seed, int64_t round, int64_t first_chunk, int64_t last_chunk, int64_t customers, int64_t firms,
         int64_t dimensions, const Parameters *p, const Firms *f, const double *means, const Network *network,
         const double *powers, int64_t powers_length, const State *s, double *flow_firm, double *flow_market,
         const Log *log, uint64_t *phases) {
    size_t bytes = sizeof(Work) + (3 * BLOCK + 3) * firms * sizeof(double) + (firms + 1) * sizeof(int32_t);
    Work *w = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!w) return 1;
    memset(w, 0, bytes);
    double *noticed = w->table, *strange = noticed + 3 * BLOCK * firms, *shrink = strange + firms, *fee = shrink + firms;
    int32_t *start = (int32_t *)(fee + firms);
    Block block = {.seed = seed, .round = round, .C = customers, .F = firms, .K = dimensions, .p = p, .f = f, .s = s,
                   .powers_length = powers_length, .network = network, .log = log, .means = means, .powers = powers,
                   .strange = strange, .shrink = shrink, .fee = fee, .noticed = noticed,
                   .utility = noticed + BLOCK * firms, .weight = noticed + 2 * BLOCK * firms, .w = w};
    const Block *b = &block;
    for (int64_t j = 0; j < firms; j++) {
        double range = logarithm(LEVER(LEVER_ASSORTMENT, j));
        strange[j] = p->search_effort + p->choice_effort * range;
        shrink[j] = exponential(-2.0 / (double)dimensions * range);
        fee[j] = f->present[j] ? LEVER(LEVER_EXIT_FEE, j) : 0.0;
        block.crowded |= s->contacted[j];
    }
#ifdef PHASES
    uint64_t clock = __builtin_ia32_rdtsc();
#endif
    for (int64_t chunk = first_chunk; chunk < last_chunk; chunk++) {
        block.firm = flow_firm + chunk * firms * FLOW_ROWS;
        block.market = flow_market + chunk * TOTAL_ROWS;
        int64_t end = (chunk + 1) * CHUNK < customers ? (chunk + 1) * CHUNK : customers;
        for (block.lo = chunk * CHUNK; block.lo < end; block.lo += BLOCK) {
            block.n = end - block.lo < BLOCK ? end - block.lo : BLOCK;
            PHASE(other);
            keep_message(b);
            PHASE(keep_message);
            if (p->turbulence > 0.0) drift(b);
            PHASE(drift);
            for (int64_t j = 0; j < firms; j++) {
                if (f->present[j] && LEVER(LEVER_ADVERTISING, j) > 0.0) advertise(b, j);
                PHASE(advertise);
                if (f->present[j] && LEVER(LEVER_CONTENT, j) > 0.0) inform(b, j);
                PHASE(inform);
                if (s->contacted[j]) {
                    int64_t many = contact(b, j);
                    PHASE(contact);
                    learn_needs(b, RANDOM_CONTACT, many);
                    PHASE(learn_needs);
                }
            }
            if (block.crowded) crowd(b);
            PHASE(crowd);
            number_all(b);
            draw(b, RANDOM_LIFE, 0, b->n);
            PHASE(other);
            if (network->kind != NETWORK_NONE) hear(b);
            PHASE(hear);
            const float *rate = CUSTOMER(CUSTOMER_PURCHASE_RATE);
            int64_t shoppers = 0;
            for (int64_t i = 0; i < b->n; i++) {
                w->who[shoppers] = (uint32_t)i;
                shoppers += s->active[b->lo + i] & (w->luck[3][i] < rate[i]);
            }
            block.market[TOTAL_OCCASIONS] += (double)shoppers;
            int everybody = 4 * shoppers > b->n;
            PHASE(other);
            appraise(b, shoppers, everybody);
            PHASE(appraise);
            int64_t buyers = choose(b, shoppers, everybody);
            PHASE(choose);
            int64_t many = meet(b, buyers, start);
            PHASE(meet);
            learn_needs(b, RANDOM_OBSERVATION, many);
            PHASE(learn_needs);
        }
    }
    free(w);
    return 0;
}

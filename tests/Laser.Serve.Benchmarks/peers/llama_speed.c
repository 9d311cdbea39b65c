/* Tokens per second of llama.cpp through its C API: the cases and the lines of engine-speed.
 *
 *     llama_speed LIBRARY_FOLDER MODEL THREADS NAME CASE...
 *
 * CASE is decode:BATCH:CONTEXT:STEPS or prefill:TOKENS:TIMES. Prints NAME,case,median,best. Settings are those of its own
 * benchmarks: f16 cache, mapped weights, steps of 512 tokens. No token is sampled: the logits are read, and the next tokens
 * are random.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ggml-backend.h"
#include "llama.h"

enum { STEP = 512, WARM_UP_STEPS = 4, VOCABULARY = 32000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "llama_speed: %s\n", what);
    exit(1);
}

static void log_errors(enum ggml_log_level level, const char *text, void *unused)
{
    (void)unused;
    if (level == GGML_LOG_LEVEL_ERROR)
    {
        fputs(text, stderr);
    }
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print(const char *name, const char *key, double *speeds, int count)
{
    qsort(speeds, (size_t)count, sizeof *speeds, compare);
    printf("%s,%s,%.3f,%.3f\n", name, key, speeds[(count - 1) / 2], speeds[count - 1]);
    fflush(stdout);
}

static void add(struct llama_batch *batch, int position, int sequence, int wants_logits)
{
    int row = batch->n_tokens++;
    batch->token[row] = rand() % VOCABULARY;
    batch->pos[row] = position;
    batch->n_seq_id[row] = 1;
    batch->seq_id[row][0] = sequence;
    batch->logits[row] = (int8_t)wants_logits;
}

static void run(struct llama_context *context, struct llama_batch batch)
{
    if (llama_decode(context, batch) != 0)
    {
        fail("a step failed");
    }

    llama_synchronize(context);
    volatile float logit = llama_get_logits_ith(context, batch.n_tokens - 1)[0];
    (void)logit;
}

static struct llama_context *create(struct llama_model *model, int threads, int sequences, int length)
{
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = (uint32_t)(sequences * ((length + 255) / 256 * 256));
    params.n_batch = 2048;
    params.n_ubatch = STEP;
    params.n_seq_max = (uint32_t)sequences;
    params.n_threads = threads;
    params.n_threads_batch = threads;
    params.kv_unified = false;
    params.no_perf = true;
    struct llama_context *context = llama_init_from_model(model, params);
    if (context == NULL)
    {
        fail("no context");
    }

    return context;
}

static void prompt(struct llama_context *context, struct llama_batch *batch, int length)
{
    for (int start = 0; start < length; start += 2048)
    {
        batch->n_tokens = 0;
        for (int i = start; i < length && i < start + 2048; i++)
        {
            add(batch, i, 0, i == length - 1 || i == start + 2047);
        }

        run(context, *batch);
    }
}

static void decode(struct llama_model *model, int threads, const char *name, int sequences, int length, int steps)
{
    struct llama_context *context = create(model, threads, sequences, length + WARM_UP_STEPS + steps);
    struct llama_batch batch = llama_batch_init(2048, 0, 1);
    double *speeds = malloc(sizeof *speeds * (size_t)steps);
    prompt(context, &batch, length);
    for (int sequence = 1; sequence < sequences; sequence++)
    {
        /* A cache of its own for each, filled by copying instead of computing. */
        llama_memory_seq_cp(llama_get_memory(context), 0, sequence, -1, -1);
    }

    for (int step = -WARM_UP_STEPS; step < steps; step++)
    {
        batch.n_tokens = 0;
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            add(&batch, length + WARM_UP_STEPS + step, sequence, 1);
        }

        double start = now();
        run(context, batch);
        if (step >= 0)
        {
            speeds[step] = sequences / (now() - start);
        }
    }

    char key[64];
    snprintf(key, sizeof key, "decode %d %d", sequences, length);
    print(name, key, speeds, steps);
    free(speeds);
    llama_batch_free(batch);
    llama_free(context);
}

static void prefill(struct llama_model *model, int threads, const char *name, int length, int times)
{
    struct llama_context *context = create(model, threads, 1, length);
    struct llama_batch batch = llama_batch_init(2048, 0, 1);
    double *speeds = malloc(sizeof *speeds * (size_t)times);
    prompt(context, &batch, 64);
    for (int i = 0; i < times; i++)
    {
        llama_memory_clear(llama_get_memory(context), true);
        double start = now();
        prompt(context, &batch, length);
        speeds[i] = length / (now() - start);
    }

    char key[64];
    snprintf(key, sizeof key, "prefill %d", length);
    print(name, key, speeds, times);
    free(speeds);
    llama_batch_free(batch);
    llama_free(context);
}

int main(int count, char **arguments)
{
    if (count < 6)
    {
        fail("LIBRARY_FOLDER MODEL THREADS NAME CASE...");
    }

    llama_log_set(log_errors, NULL);
    ggml_backend_load_all_from_path(arguments[1]);
    llama_backend_init();
    struct llama_model *model = llama_model_load_from_file(arguments[2], llama_model_default_params());
    if (model == NULL)
    {
        fail("the model does not load");
    }

    srand(1);
    int threads = atoi(arguments[3]);
    const char *name = arguments[4];
    fprintf(stderr, "%s\n", llama_print_system_info());
    for (int i = 5; i < count; i++)
    {
        int batch, tokens, number;
        if (sscanf(arguments[i], "decode:%d:%d:%d", &batch, &tokens, &number) == 3)
        {
            decode(model, threads, name, batch, tokens, number);
        }
        else if (sscanf(arguments[i], "prefill:%d:%d", &tokens, &number) == 2)
        {
            prefill(model, threads, name, tokens, number);
        }
        else
        {
            fail("a case is neither decode:BATCH:CONTEXT:STEPS nor prefill:TOKENS:TIMES");
        }
    }

    llama_model_free(model);
    return 0;
}

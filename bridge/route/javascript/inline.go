package javascript

import (
	"context"
	"errors"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// Inline runs programs in this process. It cannot end every script.
type Inline struct{}

var (
	_ Evaluator = Inline{}
	_ Checker   = Inline{}
)

// Check implements Checker.
func (Inline) Check(p *Program) error {
	_, err := compile(p.source)
	return err
}

// Evaluate implements Evaluator.
func (Inline) Evaluate(ctx context.Context, j Job) (string, error) { return evaluate(ctx, j, compile) }

func evaluate(ctx context.Context, j Job, compile func(source string) (*goja.Program, error)) (string, error) {
	program, err := compile(j.Source)
	if err != nil || j.Check {
		return "", err
	}
	vm := goja.New()
	vm.SetMaxCallStackSize(deepestCalls)
	vm.SetParserOptions(parser.WithDisableSourceMaps) // which would read files
	vm.SetTimeSource(func() time.Time { return j.Now })
	if err := furnish(vm, j); err != nil {
		return "", err
	}
	late := time.AfterFunc(Limit, func() { vm.Interrupt(failure(Timeout, "it took longer than %s", Limit)) })
	defer late.Stop()
	defer context.AfterFunc(ctx, func() { vm.Interrupt(context.Cause(ctx)) })()
	value, err := vm.RunProgram(program)
	if err != nil {
		return "", thrown(err)
	}
	return text(vm, value)
}

// furnish gives a script what it may use. All of it is the script's to spoil: nobody uses the runtime again.
func furnish(vm *goja.Runtime, j Job) error {
	variables := vm.CreateObject(nil)
	var wrong []error
	for name, value := range j.Variables {
		wrong = append(wrong, variables.DefineDataProperty(name, vm.ToValue(value), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_TRUE))
	}
	value := func(i int) string {
		if i < 0 || i >= len(j.Values) {
			return ""
		}
		return j.Values[i]
	}
	date := func(goja.ConstructorCall) *goja.Object { return wallClock(vm, j.Now) }
	wrong = append(wrong, vm.Set("variables", variables), vm.Set("$value", value), vm.Set("LocalDate", date))
	return errors.Join(wrong...)
}

// wallClock is a Date whose local parts are what the clock on the wall shows, in the zone of now.
func wallClock(vm *goja.Runtime, now time.Time) *goja.Object {
	var parts []goja.Value
	for _, n := range []int{now.Year(), int(now.Month()) - 1, now.Day(), now.Hour(), now.Minute(), now.Second()} {
		parts = append(parts, vm.ToValue(n))
	}
	date, err := vm.New(vm.Get("Date"), parts...)
	if err != nil {
		panic(vm.NewGoError(err)) // the script has spoilt Date
	}
	return date
}

// thrown is why a script did not end as it should.
func thrown(err error) error {
	var interrupted *goja.InterruptedError
	var deep *goja.StackOverflowError
	var exception *goja.Exception
	switch {
	case errors.As(err, &interrupted):
		if why, ok := interrupted.Value().(error); ok {
			return why
		}
	case errors.As(err, &deep):
		return failure(Failed, "calls within calls, deeper than %d", deepestCalls)
	case errors.As(err, &exception):
		return failure(Failed, "%.200s", exception.Error())
	}
	return failure(Failed, "%.200v", err)
}

// text is what a script returned: nothing for null and undefined, JSON for objects and lists, of a promise that was kept what was promised.
func text(vm *goja.Runtime, v goja.Value) (s string, err error) {
	defer func() { // what is asked for its text may throw
		if bug := recover(); bug != nil {
			err = failure(Failed, "what it returned is no text: %.200v", bug)
		}
	}()
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return "", nil
	}
	object, isObject := v.(*goja.Object)
	if !isObject {
		return bounded(v.String())
	}
	if promise, ok := object.Export().(*goja.Promise); ok {
		if promise.State() != goja.PromiseStateFulfilled {
			return "", failure(Failed, "it returned a promise that was not kept")
		}
		return text(vm, promise.Result())
	}
	if object.ClassName() == "String" || object.ClassName() == "Number" || object.ClassName() == "Boolean" {
		return bounded(object.String())
	}
	return asJSON(vm, object)
}

func asJSON(vm *goja.Runtime, object *goja.Object) (string, error) {
	stringify, ok := goja.AssertFunction(vm.Get("JSON").ToObject(vm).Get("stringify"))
	if !ok {
		return "", failure(Failed, "JSON.stringify is gone")
	}
	written, err := stringify(goja.Undefined(), object)
	switch {
	case err != nil:
		return "", thrown(err)
	case goja.IsUndefined(written):
		return "", failure(Failed, "it returned a function")
	}
	return bounded(written.String())
}

func bounded(s string) (string, error) {
	if len(s) > longestResult {
		return "", failure(TooLong, "it returned %d bytes; at most %d", len(s), longestResult)
	}
	return s, nil
}

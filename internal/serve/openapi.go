package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/webpress/webpress/internal/config"
)

// object is a JSON object of the description of the API.
type object = map[string]any

// makeOpenAPI describes the API as OpenAPI 3.1. The options are those of the table of
// settings.
func (s *Server) makeOpenAPI() []byte {
	image := object{"type": "string", "contentMediaType": "application/octet-stream"}
	options := optionSchemas()
	options[webhookOption] = object{"type": "string", "format": "uri", "description": "Address that a signed event is posted to when the job has ended (Standard Webhooks)."}
	form := object{"file": object{"type": "array", "items": image, "description": "Images to convert, at most " + strconv.Itoa(maxFiles) + "."}}
	withSource := object{"source": object{
		"type": "object", "required": []string{"url"}, "properties": object{"url": object{"type": "string", "format": "uri"}},
		"description": "Image to download, if the server allows that.",
	}}
	for name, schema := range options {
		form[name], withSource[name] = schema, schema
	}
	var query []object
	for _, o := range config.Options() {
		query = append(query, object{"name": o.Option(), "in": "query", "schema": options[o.Option()], "description": o.Help})
	}
	header := func(name, help string) object {
		return object{"name": name, "in": "header", "schema": object{"type": "string"}, "description": help}
	}
	id := object{"name": "id", "in": "path", "required": true, "schema": object{"type": "string"}, "description": "ID of a job."}
	output := object{"name": "output", "in": "path", "required": true, "schema": object{"type": "string"}, "description": "ID of an output."}
	job := object{"$ref": "#/components/schemas/Job"}
	images := object{}
	for _, f := range []string{"webp", "avif", "jpeg", "png"} {
		images["image/"+f] = object{"schema": image}
	}
	converted := content("The images are converted. A request that accepts an image type gets the image.", job)
	for name, media := range images {
		converted["content"].(object)[name] = media
	}
	download := object{"description": "The image; a ZIP file if no output is named and there are several.", "content": images}
	operation := func(id, summary string, parameters []object, responses object, errors ...int) object {
		for _, status := range append(errors, http.StatusUnauthorized, http.StatusTooManyRequests) {
			responses[strconv.Itoa(status)] = object{"$ref": "#/components/responses/Problem"}
		}
		return object{"operationId": id, "summary": summary, "parameters": parameters, "responses": responses}
	}
	convert := operation("convert", "Convert images", append(query,
		header("Prefer", "respond-async answers at once; wait=5 waits for at most 5 seconds."),
		header("Idempotency-Key", "Requests with the same key are one job."),
		object{"name": filenameOption, "in": "query", "schema": object{"type": "string"}, "description": "Name of an image that is sent as it is."},
	), object{"200": converted, "202": content("The job is queued. Location is its status, Retry-After when to ask.", job)},
		400, 403, 406, 408, 413, 415, 422, 503, 507)
	convert["requestBody"] = object{"required": true, "content": object{
		"multipart/form-data":      object{"schema": object{"type": "object", "required": []string{"file"}, "properties": form}},
		"application/json":         object{"schema": object{"type": "object", "required": []string{"source"}, "properties": withSource}},
		"application/octet-stream": object{"schema": image},
		"image/*":                  object{"schema": image},
	}}
	status := func(id string, parameters ...object) object {
		return operation(id, "How far a job is", parameters, object{"200": content("The job.", job), "304": object{"description": "It is still what If-None-Match says."}}, 404)
	}
	signed := []object{
		{"name": "expires", "in": "query", "schema": object{"type": "integer"}},
		{"name": "signature", "in": "query", "schema": object{"type": "string"}, "description": "Signature of a downloadUrl, in place of a key."},
	}
	wait := object{"name": "wait", "in": "query", "schema": object{"type": "integer", "minimum": 0}, "description": "Seconds to wait for the end of the job, at most 60."}
	remove := operation("delete", "Cancel a job, or delete its results", []object{id}, object{"204": object{"description": "It is canceled or deleted."}}, 404)
	ranges := func() object {
		return object{"200": download, "206": object{"description": "A part of it."}, "304": object{"description": "It is still what If-None-Match says."}}
	}
	doc := object{
		"openapi": "3.1.0",
		"info":    object{"title": "webpress conversion API", "version": s.version, "description": "Convert images to WebP, AVIF, JPEG and PNG."},
		"servers": []object{{"url": "/"}},
		"paths": object{
			convertPath:         object{"post": convert},
			statusPath + "{id}": object{"get": status("status", id, wait), "delete": remove},
			downloadPath + "{id}": object{
				"get": operation("download", "Download the results of a job", append([]object{id}, signed...), ranges(), 403, 404, 409, 410),
			},
			downloadPath + "{id}/{output}": object{
				"get": operation("downloadOutput", "Download one result of a job", append([]object{id, output}, signed...), ranges(), 403, 404, 409, 410),
			},
			apiPath + "/jobs": object{"get": operation("jobs", "The jobs of the key, the newest first", []object{
				{"name": "limit", "in": "query", "schema": object{"type": "integer", "minimum": 1, "maximum": maxListed}},
				{"name": "status", "in": "query", "schema": object{"type": "string", "enum": statuses}},
			}, object{"200": content("The jobs.", object{"type": "object", "properties": object{"jobs": object{"type": "array", "items": job}}})})},
			apiPath + "/usage": object{"get": operation("usage", "What the key has used this month", []object{}, object{"200": content("The usage.", object{"type": "object"})})},
		},
		"security": []object{{"key": []string{}}},
		"components": object{
			"securitySchemes": object{"key": object{"type": "http", "scheme": "bearer"}},
			"responses": object{"Problem": object{
				"description": "What is wrong, as RFC 9457 has it.",
				"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
			}},
			"schemas": object{"Problem": problemSchema(), "Job": jobSchema(), "Options": object{"type": "object", "properties": options}},
		},
	}
	data, err := json.Marshal(doc)
	if err != nil { // it is made of strings and numbers
		panic(fmt.Sprintf("describe the API: %s", err))
	}
	return data
}

var statuses = []Status{Queued, Processing, Completed, Failed, Canceled, Expired}

func content(description string, schema object) object {
	return object{"description": description, "content": object{"application/json": object{"schema": schema}}}
}

// optionSchemas are the schemas of all options.
func optionSchemas() object {
	all := object{}
	for _, o := range config.Options() {
		all[o.Option()] = optionSchema(o)
	}
	all["variants"] = object{
		"type": []string{"object", "array"}, "description": config.Options()[variantsAt()].Help,
		"examples": []any{object{"thumb": object{"maxWidth": 300, "quality": 70}}},
	}
	return all
}

func variantsAt() int {
	for i, o := range config.Options() {
		if o.Name == "variants" {
			return i
		}
	}
	return 0
}

// optionSchema is the schema of one option.
func optionSchema(o config.Setting) object {
	schema := object{"description": o.Help}
	switch o.Kind {
	case config.Switch:
		schema["type"], schema["default"] = "boolean", o.Default == "true"
	case config.Whole, config.Fraction:
		schema["type"], schema["minimum"], schema["maximum"] = "integer", o.Min, o.Max
		if n, err := strconv.Atoi(o.Default); err == nil {
			schema["default"] = n
		}
	case config.PerFormat:
		number := object{"type": "integer", "minimum": o.Min, "maximum": o.Max}
		formats := object{}
		for _, f := range o.Formats {
			formats[f] = number
		}
		schema["oneOf"] = []object{number, {"type": "object", "properties": formats, "additionalProperties": false}}
		if n, err := strconv.Atoi(o.Default); err == nil {
			schema["default"] = n
		}
	case config.List:
		items := object{"type": "string"}
		if len(o.Enum) > 0 {
			items["enum"] = o.Enum
		} else {
			items = object{"type": "integer", "minimum": 1}
		}
		schema["oneOf"] = []object{items, {"type": "array", "items": items}}
		if o.DefaultNote != "" && !strings.Contains(o.DefaultNote, " ") {
			schema["default"] = o.DefaultNote
		}
	default:
		schema["type"] = "string"
		if len(o.Enum) > 0 {
			schema["enum"] = o.Enum
		}
		if o.Default != "" {
			schema["default"] = o.Default
		}
	}
	return schema
}

func problemSchema() object {
	text := object{"type": "string"}
	var names []string
	for _, k := range kinds() {
		names = append(names, newProblem(k, "").Type)
	}
	return object{"type": "object", "required": []string{"type", "title", "status"}, "properties": object{
		"type": object{"type": "string", "format": "uri", "enum": names}, "title": text, "status": object{"type": "integer"}, "detail": text,
		"option": object{"type": "string", "description": "The option that is wrong."},
		"errors": object{"type": "array", "items": object{"type": "object", "properties": object{"option": text, "detail": text}}},
		"jobId":  text,
	}}
}

func jobSchema() object {
	text, number, link := object{"type": "string"}, object{"type": "integer"}, object{"type": "string", "format": "uri"}
	at := object{"type": "string", "format": "date-time"}
	return object{"type": "object", "required": []string{"jobId", "status", "outputs"}, "properties": object{
		"jobId": text, "status": object{"type": "string", "enum": statuses}, "progress": object{"type": "integer", "minimum": 0, "maximum": 100},
		"createdAt": at, "finishedAt": at, "expiresAt": at, "statusUrl": link,
		"downloadUrl": object{"type": "string", "format": "uri", "description": "Link to the result that needs no key until the job expires."},
		"creditsUsed": number, "bytesIn": number, "bytesOut": number, "error": text,
		"outputs": object{"type": "array", "items": object{"type": "object", "properties": object{
			"id": text, "status": object{"type": "string", "enum": []Status{Queued, Completed, skipped, Failed}}, "source": text, "name": text,
			"format": text, "type": text, "variant": text, "width": number, "height": number, "bytesIn": number, "bytes": number,
			"savedPercent": object{"type": "number"}, "lossless": object{"type": "boolean"},
			"quality": object{"type": "integer"}, "score": object{"type": "number"}, "tries": object{"type": "integer"}, "sha256": text, "downloadUrl": link,
			"reason": text, "error": text, "notes": object{"type": "array", "items": text},
		}}},
	}}
}

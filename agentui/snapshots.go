package agentui

import (
	"bytes"
	"errors"
	"image/jpeg"
	"image/png"
	"net/http"
	"strconv"

	"patchbay/store"
)

const maxSnapshot = 12 << 20 // bytes

var errNoPictures = &problem{Status: http.StatusNotImplemented, Code: "no_pictures", Detail: "This server keeps no pictures."}

// snapshotList is what was kept of an interaction or customer, newest first.
type snapshotList struct {
	Items []store.Snapshot `json:"items"`
}

// postSnapshot keeps a picture of the video help of my call: the body is the picture, ?drawing=true says that the drawing is in it.
func postSnapshot(r *request) (any, error) {
	help, err := r.help()
	if err != nil {
		return nil, err
	}
	if r.srv.cfg.Pictures == nil {
		return nil, errNoPictures
	}
	id := r.PathValue("id")
	session, err := help.MaySnap(r.Context(), r.who.user.ID, id)
	if err != nil {
		return nil, err
	}
	picture, err := r.picture(maxSnapshot)
	if err != nil {
		return nil, err
	}
	kind := http.DetectContentType(picture)
	size, err := jpeg.DecodeConfig(bytes.NewReader(picture)) // the header only
	if kind == "image/png" {
		size, err = png.DecodeConfig(bytes.NewReader(picture))
	}
	if err != nil || kind != "image/png" && kind != "image/jpeg" {
		return nil, badRequest("bad_picture", "A snapshot is a JPEG or PNG picture.")
	}
	drawing, _ := strconv.ParseBool(r.URL.Query().Get("drawing"))
	p, err := r.srv.cfg.Pictures.AddSnapshot(r.Context(), store.Snapshot{
		InteractionID: id, Session: session, By: r.who.user.ID, Type: kind, Width: size.Width, Height: size.Height, Drawing: drawing,
	}, picture)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &problem{Status: http.StatusConflict, Code: "erased", Detail: "What this interaction has is erased: it takes no pictures."}
	}
	if err != nil {
		return nil, err
	}
	help.Snapped(id, r.who.user.ID, p.ID, drawing)
	return p, nil
}

func getSnapshots(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	return r.snapshots(detail.ID, "", nil)
}

func getCustomerSnapshots(r *request) (any, error) {
	id, err := r.id("customer")
	if err != nil {
		return nil, err
	}
	return r.snapshots("", id, r.scope())
}

func (r *request) snapshots(interaction, customer string, scope *store.Scope) (any, error) {
	if r.srv.cfg.Pictures == nil {
		return snapshotList{}, nil
	}
	items, err := r.srv.cfg.Pictures.Snapshots(r.Context(), interaction, customer, scope)
	return snapshotList{items}, err
}

func getSnapshot(r *request) (any, error) {
	id, err := r.id("snapshot")
	if err != nil {
		return nil, err
	}
	if r.srv.cfg.Pictures == nil {
		return nil, errNoPictures
	}
	p, picture, err := r.srv.cfg.Pictures.SnapshotPicture(r.Context(), id)
	if err != nil {
		return nil, err
	}
	// The interaction's row may come later than its pictures, by the journal: nobody else's can be read before.
	detail := store.InteractionDetail{Interaction: store.Interaction{ID: p.InteractionID}}
	if known, err := r.srv.cfg.Store.Interaction(r.Context(), p.InteractionID); err == nil {
		detail = known
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err := r.mayRead(detail); err != nil {
		return nil, err
	}
	r.srv.audit(r, "see_snapshot", p.ID, nil)
	return nil, writePicture(r.w, p.Type, picture)
}
